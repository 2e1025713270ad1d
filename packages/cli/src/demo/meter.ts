import type { Direction } from "./direction.js";
import { appendHead, frameKind } from "./frame-kind.js";
import { type ProxiedMessage, startProxy, type TrafficProxy } from "./proxy.js";

/** What passed on the way to one consumer, counted outside the product. */
export interface Passed {
  /** All bytes from server to consumer after the HTTP upgrade. */
  readonly bytes: number;
  /** Frames that changed the state. */
  readonly frames: number;
  /** Bytes of everything that neither changed nor stated the state. */
  readonly controlBytes: number;
  /** Bytes until the snapshot that the consumer joined with had arrived; 0 before. */
  readonly joinBytes: number;
  /** For each connection after the first: bytes until the consumer was up to date again. */
  readonly rejoins: readonly number[];
  /** Lone appends in their short form, and their bytes beyond the text: WebSocket header and head. */
  readonly appends: { readonly count: number; readonly overhead: number; readonly most: number };
}

/** A proxy in front of the server, and what passed through it. */
export interface Meter {
  readonly port: number;
  readonly upBytes: number;
  readonly passed: Passed;
  /** Why the counts are not to be trusted, if they are not. */
  readonly broken: string | undefined;
  /** Cuts every connection. Returns how many there were. */
  cut(): number;
  close(): Promise<void>;
}

/** Counts what passes to one consumer, message by message. */
class PassedCount {
  #frames = 0;
  #controlBytes = 0;
  #joinBytes = 0;
  readonly #rejoins = new Map<number, number>();
  readonly #appends = { count: 0, overhead: 0, most: 0 };

  get counts(): Omit<Passed, "bytes"> {
    return {
      frames: this.#frames,
      controlBytes: this.#controlBytes,
      joinBytes: this.#joinBytes,
      rejoins: [...this.#rejoins.values()],
      appends: this.#appends,
    };
  }

  add(direction: Direction, message: ProxiedMessage): void {
    if (direction === "up") return;
    const { connection, opcode, first, header, total, end } = message;
    const kind = opcode > 2 ? "control" : frameKind(first);
    if (kind === "control") this.#controlBytes += total;
    if (kind === "snapshot") this.#joinBytes ||= end;
    const current = kind === "snapshot" || kind === "state";
    if (current && connection > 0 && !this.#rejoins.has(connection)) {
      this.#rejoins.set(connection, end);
    }
    if (kind !== "state") return;
    this.#frames += 1;
    const head = opcode === 2 ? appendHead(first) : undefined;
    if (head !== undefined) this.#append(header + head);
  }

  #append(overhead: number): void {
    this.#appends.count += 1;
    this.#appends.overhead += overhead;
    this.#appends.most = Math.max(this.#appends.most, overhead);
  }
}

/** Starts a proxy for one client. */
export async function startMeter(port: number): Promise<Meter> {
  const count = new PassedCount();
  const proxy: TrafficProxy = await startProxy({
    port,
    onMessage: (direction, message) => count.add(direction, message),
  });
  return {
    port: proxy.port,
    get upBytes() {
      return proxy.up.bytes;
    },
    get passed() {
      return { bytes: proxy.down.bytes, ...count.counts };
    },
    get broken() {
      return proxy.up.broken ?? proxy.down.broken;
    },
    cut: () => proxy.cut(),
    close: () => proxy.close(),
  };
}
