import { type Channel, connect, type DeltawireError, type Wire } from "@deltawire/client";
import {
  ChannelText,
  DeltawireProvider,
  useChannel,
  useConnection,
  useMessage,
  useStickToEnd,
  useText,
} from "@deltawire/react";
import {
  Activity,
  Component,
  type ComponentType,
  memo,
  type ReactElement,
  type ReactNode,
  StrictMode,
  useEffect,
  useState,
} from "react";
import { createRoot, type Root } from "react-dom/client";

/** What a test gives a scene. */
export interface SceneProps {
  readonly channel: string;
  readonly message?: string;
}

/** How often a component has rendered, by its name. */
const renders: Record<string, number> = {};
function rendered(name: string): void {
  renders[name] = (renders[name] ?? 0) + 1;
}

const Item = memo(({ channel, message = "" }: SceneProps): ReactElement => {
  const found = useMessage(channel, message);
  rendered(message);
  return <li id={message}>{found?.text}</li>;
});

/** A list of all messages, how reading is, and a part of the page that writes and commands. */
function Thread({ channel: name }: SceneProps): ReactElement {
  const { channel, messages, status, error } = useChannel(name);
  rendered("thread");
  const send = () => void channel.write("mine").append("typed").complete();
  const stop = () => channel.command("stop").then((answer) => setAnswer(JSON.stringify(answer)));
  const [answer, setAnswer] = useState("");
  return (
    <section>
      <p id="status">{status.is}</p>
      <p id="error">{error?.code}</p>
      <ol>
        {messages.map(({ id }) => (
          <Item key={id} channel={name} message={id} />
        ))}
      </ol>
      <button id="send" type="button" onClick={send} />
      <button id="stop" type="button" onClick={() => void stop()} />
      <p id="answer">{answer}</p>
    </section>
  );
}

function Words({ channel, message = "" }: SceneProps): ReactElement {
  rendered("words");
  return (
    <>
      <p id="text">{useText(channel, message)}</p>
      <p id="reasoning">{useText(channel, message, "reasoning")}</p>
      <p id="none">{useText(channel, "nobody")}</p>
    </>
  );
}

function Connection(props: SceneProps): ReactElement {
  const { status, wire } = useConnection();
  rendered("connection");
  return (
    <>
      <p id="connection">{status.is}</p>
      <button id="retry" type="button" onClick={() => wire.retry()} />
      <Thread {...props} />
    </>
  );
}

function Glass({ channel, message = "" }: SceneProps): ReactElement {
  rendered("glass");
  return <ChannelText channel={channel} message={message} id="glass" className="glass" />;
}

/** A text that scrolls, when it is there at all. */
function Scroll({ channel, message = "" }: SceneProps): ReactElement {
  const scroller = useStickToEnd<HTMLDivElement>();
  const found = useMessage(channel, message);
  rendered("scroll");
  if (!found) return <p id="nothing">Nothing yet</p>;
  return (
    <div id="scroller" ref={scroller} style={{ height: 100, overflowY: "auto" }}>
      <ChannelText channel={channel} message={message} id="glass" />
    </div>
  );
}

/** Two who show the same text, of whom the second one can be made to render by itself. */
function Neighbours(props: SceneProps): ReactElement {
  return (
    <>
      <Item {...props} />
      <Restless {...props} />
    </>
  );
}

function Restless({ channel, message = "" }: SceneProps): ReactElement {
  const [count, setCount] = useState(0);
  const text = useText(channel, message);
  return (
    <button id="restless" type="button" data-count={count} onClick={() => setCount(count + 1)}>
      {text}
    </button>
  );
}

/** As the page of a user would, it can leave and come back without being unmounted. */
function Hideable(props: SceneProps): ReactElement {
  const [isHidden, hide] = useState(false);
  return (
    <>
      <button id="hide" type="button" onClick={() => hide(!isHidden)} />
      <Activity mode={isHidden ? "hidden" : "visible"}>
        <DeltawireProvider wire={newWire}>
          <Thread {...props} />
        </DeltawireProvider>
      </Activity>
    </>
  );
}

/** Messages of one kind, named by `message`, each by a component of its own that names the channel. */
function Kind({ channel: name, message: kind = "" }: SceneProps): ReactElement {
  const { messages, status } = useChannel(name, { filter: { kind } });
  return (
    <section>
      <p id="status">{status.is}</p>
      <ol id={`kind-${kind}`}>
        {messages.map(({ id }) => (
          <Item key={id} channel={name} message={id} />
        ))}
      </ol>
    </section>
  );
}

/** The same, by another component for each kind. */
const EachKind = (props: SceneProps): ReactElement => <Kind key={props.message} {...props} />;

/** Two kinds at a time, which is one too many. */
function TwoKinds(props: SceneProps): ReactElement {
  return (
    <Boundary>
      <Kind {...props} />
      <Kind {...props} message="another" />
    </Boundary>
  );
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly code?: string }> {
  override state: { readonly code?: string } = {};

  static getDerivedStateFromError({ code }: DeltawireError): { readonly code: string } {
    return { code };
  }

  override render(): ReactNode {
    return this.state.code ? <p id="caught">{this.state.code}</p> : this.props.children;
  }
}

const scenes: Readonly<Record<string, ComponentType<SceneProps>>> = {
  Thread,
  Words,
  Connection,
  Glass,
  Scroll,
  Neighbours,
  Hideable,
  Kind,
  EachKind,
  TwoKinds,
};

const query = new URL(location.href).searchParams;
const server = query.get("server") ?? "";
const wires: Wire[] = [];
function newWire(): Wire {
  const token = query.get("token") ?? "";
  const wire = connect(server, { codec: "json", throttle: 0, transport: "websocket", token });
  wires.push(wire);
  return wire;
}

const seen: (string | null)[] = [];

const shared = newWire();
let root: Root | undefined;

/** Stands for what a component holds, and is let go with it. */
class Trace {}

/** Every trace that was made. */
const traces: WeakRef<Trace>[] = [];

function Traced({ children }: { readonly children: ReactElement }): ReactElement {
  const [trace] = useState(() => new Trace());
  useEffect(() => {
    traces.push(new WeakRef(trace));
  }, [trace]);
  return children;
}

/** Subscriptions to channels and wires that nobody has ended. */
let subscriptions = 0;
for (const { prototype } of [shared.channel("any").constructor, shared.constructor]) {
  const { subscribe } = prototype;
  prototype.subscribe = function (listener: () => void): () => void {
    const stop = subscribe.call(this, listener);
    let isOver = false;
    subscriptions += 1;
    return () => {
      if (!isOver) subscriptions -= 1;
      isOver = true;
      stop();
    };
  };
}

/** What a test calls. */
interface Controls {
  /** How often each component has rendered. */
  readonly renders: Readonly<Record<string, number>>;
  /** Of every wire that was made, how it is. */
  wires(): string[];
  channel(name: string): Channel;
  /** Subscriptions that nobody has ended. */
  subscriptions(): number;
  /** Scenes that were mounted so far. */
  mounted(): number;
  /** Of these, how many the memory still holds. */
  kept(): number;
  /** @param own whether the provider makes its wire, and closes it */
  show(name: string, props: SceneProps, own?: boolean): void;
  hide(): void;
  /** Notes the text of an element now, and each time it is another one. */
  watch(id: string): void;
  /** What was noted: null without the element. */
  readonly seen: readonly (string | null)[];
}

const controls: Controls = {
  renders,
  wires: (): string[] => wires.map(({ status }) => status.is),
  channel: (name: string): Channel => shared.channel(name),
  subscriptions: (): number => subscriptions,
  mounted: (): number => traces.length,
  kept: (): number => traces.filter((trace) => trace.deref() !== undefined).length,
  show(name: string, props: SceneProps, own = false): void {
    const Scene = scenes[name];
    if (!Scene) throw new Error(`no scene ${name}`);
    const element = document.getElementById("root");
    root ??= createRoot(element as HTMLElement); // stands in the page
    const scene = (
      <DeltawireProvider wire={own ? newWire : shared}>
        <Traced>
          <Scene {...props} />
        </Traced>
      </DeltawireProvider>
    );
    root.render(query.has("strict") ? <StrictMode>{scene}</StrictMode> : scene);
  },
  seen,
  watch(id: string): void {
    const note = () => {
      const text = document.getElementById(id)?.textContent ?? null;
      if (seen.length === 0 || seen.at(-1) !== text) seen.push(text);
    };
    note();
    const all = { childList: true, characterData: true, subtree: true };
    new MutationObserver(note).observe(document.body, all);
  },
  hide(): void {
    root?.unmount();
    root = undefined;
  },
};

declare global {
  var scene: Controls;
}
globalThis.scene = controls;
