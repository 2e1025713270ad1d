import { type ChannelState, CodecContext, type SharedFrame } from "@deltawire/protocol";

/** States that are kept for those who read them slowly. */
const MAX_PINS = 2;

/**
 * Bytes of a pinned state's chunks that are kept as they were sent, so that others are sent the same.
 * Who does not read is sent what the system takes for it, 4 MB in most: were fewer kept, each of
 * many who come one after another would find the first chunks gone, and make all of them anew.
 */
const MAX_BYTES = 6 << 20;

/** Size of a snapshot up to which its chunks are compressed: that takes five times encoding. */
export const MAX_COMPRESSED: number = 2 << 20;

/** Chunks that are kept, however small they are. */
const MAX_CHUNKS = 512;

interface Chunk {
  readonly shared: SharedFrame;
  readonly size: number;
}

/** One who reads a pinned state. */
export interface PinReader {
  /** The state is given up. */
  unpin(): void;
}

/** A state that snapshots are sent from, chunk by chunk, while the channel goes on. */
export class Pin {
  readonly state: ChannelState;
  readonly readers: Set<PinReader> = new Set();
  #plain: CodecContext | undefined;
  #compact: CodecContext | undefined;
  /** The one made last as the last. */
  readonly #chunks = new Map<string, Chunk>();
  #bytes = 0;

  constructor(state: ChannelState) {
    this.state = state;
  }

  /**
   * A chunk, made once for all who read it, as long as there are few and small enough of them.
   *
   * @param place what tells it from all other chunks of the state
   * @param sizeOf bytes of the form that is sent
   */
  share(
    place: string,
    make: () => SharedFrame,
    sizeOf: (shared: SharedFrame) => number,
  ): SharedFrame {
    const known = this.#chunks.get(place);
    if (known) return known.shared;
    const shared = make();
    const size = sizeOf(shared);
    this.#chunks.set(place, { shared, size });
    this.#bytes += size;
    for (const [oldest, { size }] of this.#chunks) {
      if (this.#chunks.size <= MAX_CHUNKS && this.#bytes <= MAX_BYTES) break;
      this.#chunks.delete(oldest);
      this.#bytes -= size;
    }
    return shared;
  }

  /**
   * What its chunks are encoded in, whenever that is: nobody else's frames move it.
   *
   * @param isCompact whether compact values are taken
   */
  context(isCompact: boolean): CodecContext {
    if (isCompact) this.#compact ??= CodecContext.of(this.state, true);
    else this.#plain ??= CodecContext.of(this.state);
    const context = isCompact ? this.#compact : this.#plain;
    return context as CodecContext; // it was made above
  }
}

/**
 * The states of a channel that are being read. Pure.
 *
 * 1. There are two at most; past that the older one is given up, and its readers are told.
 * 2. A state that nobody reads any more is not kept.
 */
export class Pins {
  readonly #pins: Pin[] = [];
  #dropped = 0;

  /** States that were given up while somebody read them. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#pins.length;
  }

  /**
   * A state for a reader: one that others read already, where that is newer than what the reader
   * has and `reaches` says that there is a way on from it; else the present one.
   */
  take(
    reader: PinReader,
    state: ChannelState,
    has: number | undefined,
    reaches: (seq: number) => boolean,
  ): Pin {
    let pin = this.#pins.at(-1);
    const { seq } = pin?.state ?? {};
    if (!pin || seq === undefined || seq <= (has ?? -1) || !(seq === state.seq || reaches(seq))) {
      pin = new Pin(state);
      this.#pins.push(pin);
      if (this.#pins.length > MAX_PINS) this.#drop();
    }
    pin.readers.add(reader);
    return pin;
  }

  release(pin: Pin, reader: PinReader): void {
    if (!pin.readers.delete(reader) || pin.readers.size > 0) return;
    const at = this.#pins.indexOf(pin);
    if (at >= 0) this.#pins.splice(at, 1);
  }

  /** Gives all of them up: the channel is another one. */
  clear(): void {
    while (this.#pins.length > 0) this.#drop();
  }

  #drop(): void {
    const pin = this.#pins.shift();
    this.#dropped += 1;
    for (const reader of [...(pin?.readers ?? [])]) reader.unpin();
  }
}
