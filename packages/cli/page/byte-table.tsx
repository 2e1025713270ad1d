import type { ReactElement } from "react";
import type { BytePoint } from "./byte-history.js";
import { bytes } from "./quantity.js";

/** Rows of the table. */
const ROWS = 8;

/** The chart in numbers, for who cannot see it, or wants to know. */
export function ByteTable({ points }: { readonly points: readonly BytePoint[] }): ReactElement {
  const step = Math.max(1, (points.length - 1) / (ROWS - 1));
  const rows = points.filter((_, i) => i === points.length - 1 || Math.floor(i % step) === 0);
  return (
    <details className="byte-table">
      <summary>The chart as a table</summary>
      <table>
        <caption className="unseen">Bytes to one viewer over time</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Text</th>
            <th scope="col">Deltawire</th>
            <th scope="col">Resending</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(-ROWS).map((point) => (
            <tr key={point.seconds}>
              <th scope="row">{point.seconds.toFixed(1)} s</th>
              <td>{bytes(point.text)}</td>
              <td>{bytes(point.deltawire)}</td>
              <td>{bytes(point.resending)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
