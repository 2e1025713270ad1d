import type { BytesPart } from "@deltawire/protocol/state";
import { type BytesPatch, DeltawireError } from "@deltawire/spec";
import { find, inserted, type PartTarget } from "./part-target.js";
import { bytesPatchInPieces } from "./pieces.js";

/** Bytes behind a base after which another one is asked for, where nothing else is said. */
const DEFAULT_EVERY = 65_536;

const NO_BYTES = new Uint8Array();

/** What is kept of the bytes that a part was given. */
export interface BytesOptions {
  /**
   * Most bytes that are kept: those before them are trimmed, and a base goes with them, since it
   * does not stand for them. @default all, up to the bound of a message's size (64 MiB)
   */
  readonly tail?: number;
  /**
   * Makes what stands for everything that was appended up to a position: of a terminal, the escape
   * sequences that draw its screen. The bytes up to there are given up for it. It is called in a
   * microtask after an append, once at a time. Undefined says that there is none now, in the middle
   * of a sequence for example: it is called again after the next append, as it is once it has
   * thrown. No append waits for it, or fails by it: what it throws, unless it catches that itself, is
   * an unhandled rejection of the platform.
   */
  readonly base?: (position: number) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Bytes behind the last base from which on {@link base} is called, at least as many as the last
   * base has: so bases cost no more than the bytes that they replace. @default 65,536
   */
  readonly every?: number;
}

/**
 * Writes a bytes part, the end of a stream of bytes: it grows at its end, and what is at its front
 * may be given up, or replaced by a base that stands for it.
 */
export class BytesWriter {
  readonly #target: PartTarget;
  readonly #part: string;
  readonly #options: BytesOptions;
  /** Whether a base is being made. */
  #isMaking = false;

  /** @throws DeltawireError `malformed` where an option is no number of bytes */
  constructor(target: PartTarget, part: string, options: BytesOptions = {}) {
    for (const name of ["tail", "every"] as const) {
      const value = options[name];
      if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
      throw new DeltawireError("malformed", `${name} is a number of bytes, at least 1`);
    }
    this.#target = target;
    this.#part = part;
    this.#options = options;
  }

  /** Where the stream ends: bytes that were ever appended. */
  get position(): number {
    return this.#find()?.end ?? 0;
  }

  /** Adds to the end; the bytes are copied. Costs O(bytes), whatever is there. */
  append(bytes: Uint8Array): this {
    checkBytes(bytes);
    const part = this.#find();
    const begun = part
      ? []
      : [inserted({ id: this.#part, kind: "bytes" as const, bytes: NO_BYTES })];
    this.#target.change(...begun, ...bytesPatchInPieces(this.#growth(part, bytes)));
    this.#want();
    return this;
  }

  /** The append, and what is trimmed for it. */
  #growth(part: BytesPart | undefined, bytes: Uint8Array): BytesPatch {
    const { tail = Number.POSITIVE_INFINITY } = this.#options;
    const held = part?.content.length ?? 0;
    const trimmed = Math.max(0, held + bytes.length - tail);
    const change = { type: "bytes_patch", part: this.#part } as const;
    if (trimmed === 0) return { ...change, trimmed, appended: bytes };
    const skipped = Math.max(0, trimmed - held);
    return {
      ...change,
      ...withoutBase(part),
      trimmed: trimmed - skipped,
      appended: bytes.subarray(skipped),
      ...(skipped > 0 && { skipped }),
    };
  }

  /**
   * Drops bytes at the front, and the base, which does not stand for them.
   *
   * @throws DeltawireError `offset_out_of_range` or `unknown_part`
   */
  trim(trimmed: number): this {
    const base = trimmed > 0 ? withoutBase(this.#find()) : {};
    this.#patch({ trimmed, ...base });
    return this;
  }

  /**
   * States what stands for everything up to a position, in place of the bytes before it; the base
   * is copied.
   *
   * @param at the position, from that of the last base on. @default the end
   * @throws DeltawireError `offset_out_of_range` where the position is before the bytes that are
   *   there, or behind them, `limit_exceeded` for a base above 2 MiB, and `unknown_part`
   */
  compact(base: Uint8Array, at: number = this.position): this {
    checkBytes(base);
    const { start = 0, end = 0 } = this.#find() ?? {};
    if (!(at >= start && at <= end)) {
      const what = `a base for what comes before ${at}: part ${this.#part} has ${start} to ${end}`;
      throw new DeltawireError("offset_out_of_range", what);
    }
    this.#patch({ trimmed: at - start, base: new Uint8Array(base) });
    return this;
  }

  #patch(change: Pick<BytesPatch, "trimmed" | "base">): void {
    const appended = NO_BYTES;
    this.#target.change({ type: "bytes_patch", part: this.#part, appended, ...change });
  }

  #find(): BytesPart | undefined {
    return find(this.#target, this.#part, "bytes");
  }

  /** Asks for a base where enough has come. */
  #want(): void {
    const { base } = this.#options;
    if (!base || this.#isMaking || !this.#isDue) return;
    this.#isMaking = true;
    void this.#make(base);
  }

  get #isDue(): boolean {
    const part = this.#find();
    const { every = DEFAULT_EVERY } = this.#options;
    return part !== undefined && part.content.length > Math.max(every, part.base.length);
  }

  async #make(base: NonNullable<BytesOptions["base"]>): Promise<void> {
    try {
      do {
        await undefined; // who appends may give its bytes to who makes bases after it
        const at = this.position;
        const made = await base(at);
        if (made === undefined) return;
        if (!this.#take(made, at)) return;
      } while (this.#isDue);
    } finally {
      this.#isMaking = false;
    }
  }

  /** Takes a base that was asked for, if it is still wanted; returns whether there may be others. */
  #take(base: Uint8Array, at: number): boolean {
    const part = this.#find();
    // One that comes after bytes were trimmed past it stands for too little.
    if (!part || part.start > at || at > part.end) return true;
    try {
      this.compact(base, at);
      return true;
    } catch (error) {
      if (!(error instanceof DeltawireError) || error.code === "limit_exceeded") throw error;
      return false; // writing has ended: who goes on is told so by what they write
    }
  }
}

const withoutBase = (part: BytesPart | undefined): Pick<BytesPatch, "base"> =>
  part && part.base.length > 0 ? { base: NO_BYTES } : {};

function checkBytes(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array) return;
  throw new DeltawireError("malformed", `expected a Uint8Array, not ${typeof bytes}`);
}
