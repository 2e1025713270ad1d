import { memo, type ReactElement } from "react";
import type { FrameRow, RowKind } from "./frame-reader.js";
import { whole } from "./quantity.js";

interface FrameRowProps {
  readonly row: FrameRow;
  /** Among the rows that are kept, from 0. */
  readonly index: number;
  /** Pixels from the beginning of the list. */
  readonly top: number;
}

const WAYS: Readonly<Record<FrameRow["direction"], readonly [sign: string, word: string]>> = {
  received: ["↓", "received"],
  sent: ["↑", "sent"],
  none: ["", ""],
};

const WORDS: Readonly<Record<RowKind, string>> = {
  append: "append",
  edit: "edit",
  tool: "tool",
  message: "message",
  snapshot: "snapshot",
  control: "control",
  connected: "open",
  lost: "lost",
};

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** One frame in a line. */
export const FrameRowView: (props: FrameRowProps) => ReactElement = memo(function FrameRowView({
  row,
  index,
  top,
}: FrameRowProps): ReactElement {
  const { at, direction, kind, size, head, text, reason } = row;
  const [sign, word] = WAYS[direction];
  return (
    // biome-ignore lint/a11y/useSemanticElements: elements of a real table cannot be placed row by row
    // biome-ignore lint/a11y/useFocusableInteractive: a row is nothing to act on
    <div
      role="row"
      className="frame-row"
      aria-rowindex={index + 2}
      data-kind={kind}
      style={{ top }}
    >
      {CELLS.map((name) => {
        const content = {
          time: (at / 1000).toFixed(2),
          way: (
            <>
              <span aria-hidden="true">{sign}</span>
              <span className="unseen">{word}</span>
            </>
          ),
          kind: WORDS[kind],
          size: size > 0 ? `${whole(size)} B` : "",
          text: (
            <>
              {reason ? <em>{reason}</em> : null}
              {text}
            </>
          ),
          head: hex(head),
        }[name];
        return (
          // biome-ignore lint/a11y/useSemanticElements: see above
          <span role="cell" key={name} className={`cell-${name}`}>
            {content}
          </span>
        );
      })}
    </div>
  );
}) as (props: FrameRowProps) => ReactElement; // a memo's own type cannot be stated in short

const CELLS = ["time", "way", "kind", "size", "text", "head"] as const;
