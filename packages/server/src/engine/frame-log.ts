import { Composition } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";

/** Frames kept, and their size together, from which consumers are repaired. */
const MAX_FRAMES = 1024;
const MAX_SIZE = 1 << 20;

/** The recent frames of a channel, in memory. */
export class FrameLog {
  readonly #frames: { readonly frame: ChangesFrame; readonly size: number }[] = [];
  #size = 0;

  append(frame: ChangesFrame): void {
    const size = sizeOf(frame.changes);
    this.#frames.push({ frame, size });
    this.#size += size;
    while (this.#frames.length > MAX_FRAMES || this.#size > MAX_SIZE) {
      this.#size -= this.#frames.shift()?.size ?? 0;
    }
  }

  /** What happened after a version, composed; undefined where the log does not reach back. */
  since(seq: number | undefined): Composition | undefined {
    const first = this.#frames.findIndex(({ frame }) => frame.from === seq);
    if (first < 0) return undefined;
    const composition = new Composition();
    for (const { frame } of this.#frames.slice(first)) composition.add(frame.changes);
    return composition;
  }
}

/** About the bytes that changes take, in memory and on the wire. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return value.length;
  return Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item), 16);
}
