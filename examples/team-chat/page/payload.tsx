import { useChannel } from "@deltawire/react";
import { type ReactElement, useEffect, useState, useSyncExternalStore } from "react";
import { type Count, type Meter, WAYS, type Way } from "./meter.js";

interface PayloadProps {
  readonly meter: Meter;
  readonly way: Way;
  readonly setWay: (way: Way) => void;
}

const NAMES = { compact: "Compact", plain: "Plain", json: "JSON" } as const;

/** Switches compact values, here and at the server, with the bytes beside them. */
export function Payload({ meter, way, setWay }: PayloadProps): ReactElement {
  const { channel, state } = useChannel("team");
  const readings = useSyncExternalStore(meter.subscribe, meter.get);
  const served = useServed();
  const isCompact = state.attributes.compact !== false;
  const setCompact = () => void channel.command("compact", !isCompact).catch(() => undefined);
  return (
    <aside className="payload" aria-label="Payload">
      <h2>Payload</h2>
      <table>
        <caption>What comes in here</caption>
        <thead>
          <tr>
            <th scope="col">connect as</th>
            <th scope="col">a channel, whole</th>
            <th scope="col">a change</th>
          </tr>
        </thead>
        <tbody>
          {WAYS.map((each) => (
            <tr key={each} data-way={each}>
              <th scope="row">
                <label>
                  <input
                    type="radio"
                    name="way"
                    checked={each === way}
                    onChange={() => setWay(each)}
                  />{" "}
                  {NAMES[each]}
                </label>
              </th>
              <td>{mean(readings[`${each} snapshot`])}</td>
              <td>{mean(readings[`${each} changes`])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="switch">
        <span id="compact">Compact at the server</span>
        <button
          type="button"
          role="switch"
          aria-checked={isCompact}
          aria-labelledby="compact"
          onClick={setCompact}
        >
          {isCompact ? "on" : "off"}
        </button>
      </p>
      {served && (
        <p className="hint">
          The server to everybody: {bytes(served.sent)} instead of {bytes(served.original)}
          {served.compressed > 0 && `, ${served.compressed} compressed`}
        </p>
      )}
    </aside>
  );
}

/** What the server says of its frames: `payload` of its statistics. */
interface Served {
  readonly original: number;
  readonly sent: number;
  readonly compressed: number;
}

/** Milliseconds between two looks at the server's statistics. */
const INTERVAL = 2000;

function useServed(): Served | undefined {
  const [served, setServed] = useState<Served>();
  useEffect(() => {
    const look = async () => {
      const answer = await fetch("/payload").catch(() => undefined); // the server is away
      if (answer?.ok) setServed((await answer.json()) as Served);
    };
    void look();
    const timer = setInterval(() => void look(), INTERVAL);
    return () => clearInterval(timer);
  }, []);
  return served;
}

const mean = ({ frames, bytes: all }: Count): string => (frames > 0 ? bytes(all / frames) : "–");

const bytes = (count: number): string =>
  count < 1000 ? `${Math.round(count)} B` : `${(count / 1000).toFixed(1)} kB`;
