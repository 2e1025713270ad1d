import { type ConnectOptions, connect, type Wire } from "@deltawire/client";
import { FrameLog } from "./frame-log.js";
import { Store } from "./store.js";

/** The channel that everybody of the demo writes and reads. */
export const CHANNEL = "demo";

/** Which of the viewers it is. */
export type ViewerKind = "socket" | "http" | "yours";

/** How a viewer is called, and how it reads. */
interface Manner {
  readonly title: string;
  readonly way: string;
  readonly options: ConnectOptions;
}

const MANNERS: Readonly<Record<ViewerKind, Manner>> = {
  socket: { title: "Viewer 1", way: "WebSocket", options: { transport: "websocket" } },
  http: { title: "Viewer 2", way: "HTTP events, JSON", options: { transport: "http" } },
  yours: { title: "Viewer 3", way: "yours to break", options: { transport: "websocket" } },
};

/** One of those who watch: a connection of its own, behind a network that can be made worse. */
export class Viewer {
  readonly kind: ViewerKind;
  /** Names its line in what the demo reports. */
  readonly name: string;
  readonly title: string;
  readonly way: string;
  /** Another one after each {@link reload}. */
  readonly wire: Store<Wire>;
  /** What crossed the wire. */
  readonly frames: FrameLog = new FrameLog();
  readonly #options: ConnectOptions;

  /** @param tab tells the viewers of this tab from those of others */
  constructor(kind: ViewerKind, tab: string) {
    const { title, way, options } = MANNERS[kind];
    this.kind = kind;
    this.name = `${kind}-${tab}`;
    this.title = title;
    this.way = way;
    this.#options = options;
    this.wire = new Store(this.#connect());
  }

  /** Begins anew with nothing, as a page does that is loaded again. */
  reload(): void {
    const old = this.wire.get();
    this.wire.set(this.#connect());
    void old.close();
  }

  #connect(): Wire {
    const wire = connect(`/viewers/${this.name}/wire`, this.#options);
    this.frames.follow(wire);
    return wire;
  }
}
