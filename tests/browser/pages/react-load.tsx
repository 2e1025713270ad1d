import { connect } from "@deltawire/client";
import {
  DeltawireProvider,
  useChannel,
  useConnection,
  useMessage,
  useText,
} from "@deltawire/react";
import { Profiler, type ReactElement, startTransition, useLayoutEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const query = new URL(location.href).searchParams;
const wire = connect(query.get("server") ?? "", { codec: "json", throttle: 0, token: "good" });

/** What happened since {@link load.begin}. */
const counts = { commits: 0, frames: 0, received: 0, torn: 0, transitions: 0 };

function count(): void {
  counts.frames += 1;
  requestAnimationFrame(count);
}
requestAnimationFrame(count);

wire.tap((event) => {
  const isState = event.type === "message" && event.frame?.type === "changes";
  if (isState && event.direction === "received") counts.received += 1;
});

/** Every hook over one channel, and some of them twice. */
function Hooks({ channel }: { readonly channel: string }): ReactElement {
  const { messages } = useChannel(channel);
  const text = useText(channel, "a");
  useMessage(channel, "a");
  useMessage(channel, "b");
  useConnection();
  return (
    <li>
      {messages.length} <span className="text">{text}</span>
    </li>
  );
}

function Many({ channels }: { readonly channels: readonly string[] }): ReactElement {
  return (
    <Profiler id="many" onRender={() => (counts.commits += 1)}>
      <ul>
        {channels.map((channel) => (
          <Hooks key={channel} channel={channel} />
        ))}
      </ul>
    </Profiler>
  );
}

/** Takes so long to render that React lets others in between, where it may. */
function Slow({
  channel,
  turn,
}: {
  readonly channel: string;
  readonly turn: number;
}): ReactElement {
  const text = useText(channel, "a");
  const end = performance.now() + 1;
  while (performance.now() < end);
  return (
    <li className="slow" data-turn={turn}>
      {text}
    </li>
  );
}

/** Many slow components over one text, which a transition renders anew. */
function Crowd({ channel }: { readonly channel: string }): ReactElement {
  const [turn, setTurn] = useState(0);
  useLayoutEffect(() => {
    const texts = [...document.querySelectorAll(".slow")].map(({ textContent }) => textContent);
    if (new Set(texts).size > 1) counts.torn += 1;
  });
  useLayoutEffect(() => {
    counts.transitions = turn;
  }, [turn]);
  load.next = () => startTransition(() => setTurn((turn) => turn + 1));
  return (
    <ul>
      {Array.from({ length: 40 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Slow key={i} channel={channel} turn={turn} />
      ))}
    </ul>
  );
}

/** What a test calls. */
interface Load {
  readonly counts: typeof counts;
  begin(): void;
  many(channels: readonly string[]): void;
  crowd(channel: string): void;
  /** Renders the crowd anew, in a transition. */
  next: () => void;
  texts(): (string | null)[];
}

const load: Load = {
  counts,
  begin(): void {
    Object.assign(counts, { commits: 0, frames: 0, received: 0, torn: 0 });
  },
  many: (channels: readonly string[]): void => render(<Many channels={channels} />),
  crowd: (channel: string): void => render(<Crowd channel={channel} />),
  next: (): void => undefined,
  texts: (): (string | null)[] =>
    [...document.querySelectorAll(".text, .slow")].map(({ textContent }) => textContent),
};

function render(scene: ReactElement): void {
  const root = createRoot(document.getElementById("root") as HTMLElement); // stands in the page
  root.render(<DeltawireProvider wire={wire}>{scene}</DeltawireProvider>);
}

declare global {
  var reactLoad: Load;
}
globalThis.reactLoad = load;
