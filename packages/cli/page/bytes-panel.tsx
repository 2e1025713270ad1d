import type { ReactElement } from "react";
import { ByteChart } from "./byte-chart.js";
import { ByteTable } from "./byte-table.js";
import { bytes, times } from "./quantity.js";
import { ScaleSquares } from "./scale-squares.js";
import { useSession } from "./use-session.js";
import { useStore } from "./use-store.js";

/** What the newest turn has cost one viewer, beside what it would have cost the usual way. */
export function BytesPanel(): ReactElement {
  const { points } = useStore(useSession().history.measured);
  const last = points.at(-1);
  const { text = 0, deltawire = 0, resending = 0 } = last ?? {};
  return (
    <section className="card bytes" aria-labelledby="bytes-title">
      <header>
        <h2 id="bytes-title">Bytes to Viewer 1</h2>
        <span className="way">this turn, counted at its socket</span>
      </header>
      <div className="body">
        <dl className="figures">
          <div data-line="deltawire">
            <dt>Deltawire</dt>
            <dd>
              {bytes(deltawire)}
              <span>
                {last ? `${times(deltawire, text)} the text` : "a little more than the text"}
              </span>
            </dd>
          </div>
          <div data-line="text">
            <dt>The text itself</dt>
            <dd>{bytes(text)}</dd>
          </div>
          <div data-line="resending">
            <dt>Resending everything with each token</dt>
            <dd>
              {bytes(resending)}
              <span>
                {last ? `${times(resending, text)} the text` : "grows with the square of the text"}
              </span>
            </dd>
          </div>
        </dl>
        <ScaleSquares text={text} deltawire={deltawire} resending={resending} />
        <ByteChart points={points} />
        <ByteTable points={points} />
      </div>
    </section>
  );
}
