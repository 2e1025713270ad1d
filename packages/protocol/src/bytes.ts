import { crc32 } from "./crc32.js";

/** Bytes of memory that are kept whatever is in use of them. */
const SPARE = 4096;

/** Memory that several versions of a growing value share; only ever written past `used`. */
interface Store {
  readonly memory: Uint8Array;
  used: number;
}

/**
 * Immutable bytes that grow at the end and are trimmed at the front, each in O(change),
 * amortised: versions share one buffer, each sees its own range of it.
 */
export class Bytes {
  static readonly empty: Bytes = new Bytes({ memory: new Uint8Array(0), used: 0 }, 0, 0);

  readonly length: number;
  readonly #store: Store;
  readonly #start: number;
  readonly #end: number;

  private constructor(store: Store, start: number, end: number) {
    this.#store = store;
    this.#start = start;
    this.#end = end;
    this.length = end - start;
  }

  /** Bytes with the content of an array, copied. */
  static of(bytes: Uint8Array): Bytes {
    return Bytes.empty.append(bytes);
  }

  append(bytes: Uint8Array): Bytes {
    if (bytes.length === 0) return this;
    const end = this.#end + bytes.length;
    if (this.#store.used === this.#end && end <= this.#store.memory.length) {
      this.#store.memory.set(bytes, this.#end);
      this.#store.used = end;
      return new Bytes(this.#store, this.#start, end);
    }
    const length = this.length + bytes.length;
    const memory = new Uint8Array(Math.max(64, 2 * length));
    memory.set(this.view());
    memory.set(bytes, this.length);
    return new Bytes({ memory, used: length }, 0, length);
  }

  /** Without the first `count` bytes; at most `length`. Memory that is mostly not in use is left. */
  trim(count: number): Bytes {
    if (count === 0) return this;
    const left = new Bytes(this.#store, this.#start + count, this.#end);
    const isWaste = left.length < this.#store.memory.length / 4;
    return isWaste && this.#store.memory.length > SPARE ? Bytes.of(left.view()) : left;
  }

  /** The bytes, not copied: not to be written to. */
  view(): Uint8Array {
    return this.#store.memory.subarray(this.#start, this.#end);
  }

  crc32(): number {
    return crc32(this.view());
  }
}
