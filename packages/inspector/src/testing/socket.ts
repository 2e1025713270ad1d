import type { Platform } from "@deltawire/client";
import { createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";

type SocketConstructor = Platform["WebSocket"];
type Socket = InstanceType<SocketConstructor>;

/** The client's end of a WebSocket without a network; a test is the other end. */
export class TestSocket implements Socket {
  binaryType = "blob";
  protocol = "";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly #codec = createCodec(SUBPROTOCOLS.json);
  #frames: Frame[] = [];

  send(message: string | Uint8Array): void {
    const frame = this.#codec.decode(message);
    if (frame?.type === "ping") this.deliver({ ...frame, type: "pong" });
    else if (frame) this.#frames.push(frame);
  }

  close(): void {}

  /** Opens it, and says welcome. */
  accept(): void {
    this.protocol = SUBPROTOCOLS.json;
    this.onopen?.({} as never); // nobody looks at the event
    this.deliver({ type: "welcome", version: 1, durability: "memory", heartbeat: 3_600_000 });
  }

  /** What the client has sent since the last call. */
  take(): Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  deliver(frame: Frame): void {
    for (const data of this.#codec.encode(frame)) this.deliverRaw(data);
  }

  /** Sends anything to the client. */
  deliverRaw(data: string | Uint8Array): void {
    this.onmessage?.({ data });
  }

  /** The connection is lost. */
  cut(): void {
    this.onclose?.({ code: 1006, reason: "" });
  }
}

/** A platform without a network, whose time passes when it is told to. */
export class TestPlatform implements Platform {
  readonly sockets: TestSocket[] = [];
  readonly WebSocket: SocketConstructor;
  readonly fetch: typeof fetch = () => Promise.reject(new Error("no network"));
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  readonly clock: Platform["clock"] = {
    now: () => this.#now,
    after: (delay, run) => {
      const timer = { at: this.#now + delay, run };
      this.#timers.add(timer);
      return () => {
        this.#timers.delete(timer);
      };
    },
  };

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends TestSocket {
      constructor() {
        super();
        sockets.push(this);
      }
    };
  }

  readonly random = (): number => 0.5;
  readonly notify = (run: () => void): void => {
    this.clock.after(0, run);
  };
  readonly onWake = (): (() => void) => () => undefined;

  /** Lets time pass, and runs what is due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}
