import { useChannel } from "@deltawire/react";
import { type ReactElement, useEffect, useId, useState, useSyncExternalStore } from "react";
import { type Meter, type Received, WAYS, type Way } from "./meter.js";

interface PayloadProps {
  readonly meter: Meter;
  readonly way: Way;
  readonly setWay: (way: Way) => void;
}

/** What the server says of its frames: `payload` of its statistics. */
interface Served {
  readonly original: number;
  readonly sent: number;
  readonly reduction: number;
  readonly compressed: number;
}

/** Milliseconds between two looks at the server's statistics. */
const INTERVAL = 2000;

/** Switches compact values, here and at the server, with the bytes beside them. */
export function Payload({ meter, way, setWay }: PayloadProps): ReactElement {
  const { channel, state } = useChannel("team");
  const readings = useSyncExternalStore(meter.subscribe, meter.get);
  const served = useServed();
  const isServerCompact = state.attributes.compact !== false;
  const all = Object.values(readings);
  const total = all.reduce((sum, { snapshotBytes, bytes: more }) => sum + snapshotBytes + more, 0);
  const frames = all.reduce((sum, each) => sum + each.frames, 0);
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
            <Row
              key={each}
              way={each}
              isOn={each === way}
              set={() => setWay(each)}
              received={readings[each]}
            />
          ))}
        </tbody>
      </table>
      <p className="hint">
        {bytes(total)} in {frames} changes
      </p>
      <Switch
        label="Compact at the server"
        isOn={isServerCompact}
        set={(isOn) => void channel.command("compact", isOn).catch(() => undefined)}
      />
      {served && (
        <p className="hint">
          The server to everybody: {bytes(served.sent)} instead of {bytes(served.original)}
          {served.compressed > 0 && `, ${served.compressed} compressed`}
        </p>
      )}
    </aside>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly set: (isOn: boolean) => void;
}

function Switch({ label, isOn, set }: SwitchProps): ReactElement {
  const id = useId();
  return (
    <p className="switch">
      <label htmlFor={id}>{label}</label>
      <button id={id} type="button" role="switch" aria-checked={isOn} onClick={() => set(!isOn)}>
        {isOn ? "on" : "off"}
      </button>
    </p>
  );
}

interface RowProps {
  readonly way: Way;
  readonly isOn: boolean;
  readonly set: () => void;
  readonly received: Received;
}

function Row({ way, isOn, set, received }: RowProps): ReactElement {
  const { snapshots, snapshotBytes, frames, bytes: length } = received;
  return (
    <tr data-way={way}>
      <th scope="row">
        <label>
          <input type="radio" name="way" checked={isOn} onChange={set} /> {NAMES[way]}
        </label>
      </th>
      <td>{snapshots > 0 ? bytes(snapshotBytes / snapshots) : "–"}</td>
      <td>{frames > 0 ? bytes(length / frames) : "–"}</td>
    </tr>
  );
}

const NAMES = { compact: "Compact", plain: "Plain", json: "JSON" } as const;

function useServed(): Served | undefined {
  const [served, setServed] = useState<Served>();
  useEffect(() => {
    let isShown = true;
    const look = async () => {
      const answer = await fetch("/payload").catch(() => undefined); // the server is away
      if (isShown && answer?.ok) setServed((await answer.json()) as Served);
    };
    void look();
    const timer = setInterval(() => void look(), INTERVAL);
    return () => {
      isShown = false;
      clearInterval(timer);
    };
  }, []);
  return served;
}

const bytes = (count: number): string =>
  count < 1000 ? `${Math.round(count)} B` : `${(count / 1000).toFixed(1)} kB`;
