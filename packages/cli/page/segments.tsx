import { type ReactElement, useId } from "react";

/** What {@link Segments} are made of. */
interface SegmentsProps<T extends string> {
  /** Names the group, for screen readers. */
  readonly legend: string;
  /** Each value and its word. */
  readonly options: readonly (readonly [value: T, word: string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** One of a few: radio buttons that look like a row of segments. */
export function Segments<T extends string>(props: SegmentsProps<T>): ReactElement {
  const { legend, options, value, onChange } = props;
  const group = useId();
  return (
    <fieldset className="segments">
      <legend className="unseen">{legend}</legend>
      {options.map(([option, word]) => (
        <label key={option}>
          <input
            type="radio"
            name={group}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}
