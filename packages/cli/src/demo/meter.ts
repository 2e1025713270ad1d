import { appendHead, frameKind } from "./frame-kind.js";
import { startProxy, type TrafficProxy } from "./proxy.js";

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

/** Starts a proxy for one client. */
export async function startMeter(port: number): Promise<Meter> {
  let frames = 0;
  let controlBytes = 0;
  let joinBytes = 0;
  const rejoins = new Map<number, number>();
  const appends = { count: 0, overhead: 0, most: 0 };
  const proxy: TrafficProxy = await startProxy({
    port,
    onMessage: (direction, { connection, opcode, first, header, total, end }) => {
      if (direction === "up") return;
      const kind = opcode > 2 ? "control" : frameKind(first);
      if (kind === "control") controlBytes += total;
      if (kind === "snapshot") joinBytes ||= end;
      const current = kind === "snapshot" || kind === "state";
      if (current && connection > 0 && !rejoins.has(connection)) rejoins.set(connection, end);
      if (kind !== "state") return;
      frames += 1;
      const head = opcode === 2 ? appendHead(first) : undefined;
      if (head === undefined) return;
      const overhead = header + head;
      appends.count += 1;
      appends.overhead += overhead;
      appends.most = Math.max(appends.most, overhead);
    },
  });
  return {
    port: proxy.port,
    get upBytes() {
      return proxy.up.bytes;
    },
    get passed() {
      const { bytes } = proxy.down;
      return { bytes, frames, controlBytes, joinBytes, rejoins: [...rejoins.values()], appends };
    },
    get broken() {
      return proxy.up.broken ?? proxy.down.broken;
    },
    cut: () => proxy.cut(),
    close: () => proxy.close(),
  };
}
