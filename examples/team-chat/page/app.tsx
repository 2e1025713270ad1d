import { connect, type Wire } from "@deltawire/client";
import { DeltawireProvider, useChannel, useConnection } from "@deltawire/react";
import { type ReactElement, useState, useSyncExternalStore } from "react";
import { Meter, type Way } from "./meter.js";
import { Payload } from "./payload.js";
import { RoomView } from "./room.js";

// This tab's secret: the same when the page is loaded again.
const token: string = sessionStorage.secret ?? crypto.randomUUID() + crypto.randomUUID();
sessionStorage.secret = token;

/** What came in on this page, each way. */
const meter = new Meter();

/** The rooms, on a wire that the switch changes for another one. */
export function App(): ReactElement {
  const [way, setWay] = useState<Way>("compact");
  const [name, setName] = useState(
    () => new URLSearchParams(location.search).get("name") ?? sessionStorage.name ?? "Guest",
  );
  const rename = (next: string) => {
    sessionStorage.name = next;
    setName(next);
  };
  return (
    <DeltawireProvider key={way} wire={() => open(way)}>
      <Team name={name} rename={rename}>
        <Payload meter={meter} way={way} setWay={setWay} />
      </Team>
    </DeltawireProvider>
  );
}

/** One option says whether values are compact; the meter is told what crosses the wire. */
function open(way: Way): Wire {
  const codec = way === "json" ? "json" : "msgpack";
  const wire = connect("/wire", { token, codec, compact: way === "compact" });
  meter.follow(wire, way);
  return wire;
}

interface TeamProps {
  readonly name: string;
  readonly rename: (name: string) => void;
  readonly children: ReactElement;
}

function Team({ name, rename, children }: TeamProps): ReactElement {
  const { state } = useChannel("team");
  const { status, wire } = useConnection();
  const id = useSyncExternalStore(onHashChange, () => location.hash.slice(2)) || "release";
  const rooms = (state.attributes.rooms ?? []) as unknown as readonly Room[]; // the server says so
  const room = rooms.find((each) => each.id === id);
  return (
    <div className="app">
      <header className="bar">
        <h1>Team chat</h1>
        <label className="name">
          <span>You are</span>
          <input
            value={name}
            maxLength={40}
            autoComplete="nickname"
            onChange={({ target }) => rename(target.value)}
          />
        </label>
        <div className="connection" data-is={status.is}>
          <span role="status">
            <span className="dot" aria-hidden="true" />
            {WORDS[status.is]}
          </span>
          {(status.is === "offline" || status.is === "stopped") && (
            <button type="button" onClick={() => wire.retry()} title={status.error.message}>
              Retry
            </button>
          )}
        </div>
      </header>
      <nav className="rooms" aria-label="Rooms">
        <ul>
          {rooms.map(({ id: each, title }) => (
            <li key={each}>
              <a href={`#/${each}`} aria-current={each === id ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {room ? (
        <RoomView key={room.id} {...room} name={name.trim() || "Guest"} />
      ) : (
        <main className="none">{rooms.length > 0 && <p>There is no such room.</p>}</main>
      )}
      {children}
    </div>
  );
}

interface Room {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
}

const WORDS = {
  idle: "Idle",
  connecting: "Connecting",
  catching_up: "Catching up",
  live: "Live",
  offline: "Offline",
  stopped: "Disconnected",
} as const;

const onHashChange = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};
