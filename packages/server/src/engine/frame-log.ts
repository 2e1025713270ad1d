import { Composition } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";

/** Frames kept, and their size together, from which consumers are repaired. */
const MAX_FRAMES = 1024;
const MAX_SIZE = 1 << 20;

/** Frames that follow each other, composed. */
export interface Run {
  readonly composition: Composition;
  /** The version that it leads to. */
  readonly to: number;
}

interface Entry {
  readonly frame: ChangesFrame;
  readonly size: number;
}

/** The recent frames of a channel, in memory. */
export class FrameLog {
  /** Those before the first that counts are given up, and go together. */
  #frames: (Entry | undefined)[] = [];
  #first = 0;
  #size = 0;

  /** One that goes its own way from here. */
  fork(): FrameLog {
    const fork = new FrameLog();
    fork.#frames = this.#frames.slice(this.#first);
    fork.#size = this.#size;
    return fork;
  }

  /** Another incarnation begins. */
  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#size = 0;
  }

  /** Returns about the bytes that its changes take. */
  append(frame: ChangesFrame): number {
    const size = sizeOf(frame.changes);
    this.#frames.push({ frame, size });
    this.#size += size;
    while (this.#frames.length - this.#first > MAX_FRAMES || this.#size > MAX_SIZE) {
      this.#size -= this.#frames[this.#first]?.size ?? 0;
      this.#frames[this.#first] = undefined;
      this.#first += 1;
    }
    if (this.#first >= MAX_FRAMES) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
    return size;
  }

  /** Whether it knows what happened after a version. */
  reaches(seq: number | undefined): boolean {
    return this.#at(seq) >= 0;
  }

  /** What happened after a version, composed; undefined where the log does not reach back. */
  since(seq: number | undefined): Composition | undefined {
    return this.run(seq, Number.POSITIVE_INFINITY)?.composition;
  }

  /** The same, up to the frame at which it comes to a size. */
  run(seq: number | undefined, size: number): Run | undefined {
    const first = this.#at(seq);
    if (first < 0) return undefined;
    const composition = new Composition();
    let to = 0;
    for (let i = first; i < this.#frames.length; i++) {
      const next = this.#frames[i];
      if (!next || (i > first && composition.size + next.size > size)) break;
      composition.add(next.frame.changes);
      to = next.frame.to;
    }
    return { composition, to };
  }

  /** The frames after a version; undefined where the log does not reach back. */
  after(seq: number | undefined): Iterable<ChangesFrame> | undefined {
    const first = this.#at(seq);
    if (first < 0) return undefined;
    return this.#frames.slice(first).flatMap((entry) => entry?.frame ?? []);
  }

  /**
   * Where the first frame is that leads past a version. Frames follow each other; of those that take
   * more than one version the last one alone has changed anything, so they do from any between.
   */
  #at(seq: number | undefined): number {
    const first = this.#frames[this.#first];
    if (!first || seq === undefined || seq < first.frame.from) return -1;
    let low = this.#first;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#frames[middle]?.frame.to ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low < this.#frames.length ? low : -1;
  }
}

/** About the bytes that changes take, in memory and on the wire. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return value.length;
  let size = 16;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item);
  else {
    const members = value as Readonly<Record<string, unknown>>; // neither a list nor bytes
    for (const key in members) size += sizeOf(members[key]);
  }
  return size;
}
