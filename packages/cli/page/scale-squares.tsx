import type { ReactElement } from "react";

interface ScaleSquaresProps {
  readonly text: number;
  readonly deltawire: number;
  readonly resending: number;
}

/** Units of the largest square's side. */
const SIDE = 100;

/** Three areas, drawn to scale: the one picture in which 1 and 1,600 are both true. */
export function ScaleSquares({ text, deltawire, resending }: ScaleSquaresProps): ReactElement {
  const largest = Math.max(resending, deltawire, text, 1);
  const side = (count: number): number => SIDE * Math.sqrt(count / largest);
  if (text === 0) return <div />;
  const small = Math.max(side(text), side(deltawire));
  return (
    <figure className="squares">
      <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
        <rect data-line="resending" width={side(resending)} height={side(resending)} rx="1.5" />
        <g transform={`translate(4 ${SIDE - 4 - small})`}>
          <rect data-line="deltawire" width={side(deltawire)} height={side(deltawire)} />
          <rect data-line="text" x={small + 3} width={side(text)} height={side(text)} />
        </g>
      </svg>
      <figcaption>Areas to scale</figcaption>
    </figure>
  );
}
