import { DeltawireError, LIMITS } from "@deltawire/spec";
import { type Compacting, headerOf } from "./packer.js";
import { type Timestamp, timestampText } from "./timestamp.js";
import { decodeUtf8 } from "./utf8.js";

const malformed = (what: string, offset: number): DeltawireError =>
  new DeltawireError("malformed", `${what} at byte ${offset}`, { path: `#byte=${offset}` });

/** Depth of containers in a frame: a value's own bound, and what a frame puts around it. */
const MAX_DEPTH = LIMITS.max_depth + 16;

/** Reads MessagePack; every failure is a {@link DeltawireError}. */
export class Unpacker {
  readonly #bytes: Uint8Array;
  #at = 0;
  #compacting: Compacting | undefined;
  /** Bytes that the values would have, were they not compact. */
  #size: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  /** Made where it is needed: most frames need none, and it costs more than to read one. */
  get #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    return new DataView(buffer, byteOffset, byteLength);
  }

  /** The one value that the bytes hold. */
  only(): unknown {
    const value = this.#value(0);
    this.#end();
    return value;
  }

  #end(): void {
    if (this.#at < this.#bytes.length) throw malformed("more bytes after the value", this.#at);
  }

  /** How many elements the array has that the bytes hold; {@link element} reads each of them. */
  array(): number {
    const at = this.#at;
    const tag = this.#bytes[this.#take(1)] as number; // or take has thrown
    if (tag >> 4 !== 9 && tag !== 0xdc && tag !== 0xdd) throw malformed("expected an array", at);
    const length = tag >> 4 === 9 ? tag & 15 : this.#uint(tag === 0xdc ? 2 : 4);
    this.#room(length);
    return length;
  }

  /** The next element of an array. */
  element(): unknown {
    return this.#value(1);
  }

  /**
   * The rest of an array: so many elements, and nothing behind them.
   *
   * @param compacting reads compact values; without it they are refused
   */
  rest(length: number, compacting?: Compacting): unknown[] {
    this.#compacting = compacting;
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.#value(1));
    this.#end();
    return values;
  }

  /** The values that the bytes hold, one behind the other, as {@link rest} reads them. */
  all(compacting?: Compacting): unknown[] {
    this.#compacting = compacting;
    const values: unknown[] = [];
    while (this.#at < this.#bytes.length) values.push(this.#value(1));
    return values;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw malformed("truncated MessagePack", at);
    this.#at = at + length;
    return at;
  }

  #uint(size: 1 | 2 | 4): number {
    let at = this.#take(size);
    let value = 0;
    for (const end = at + size; at < end; at++) value = value * 256 + (this.#bytes[at] as number);
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) {
      const what = `max_depth (${LIMITS.max_depth}) exceeded at byte ${this.#at}`;
      throw new DeltawireError("limit_exceeded", what, { path: `#byte=${this.#at}` });
    }
    const tag = this.#bytes[this.#take(1)] as number; // or take has thrown
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 15, depth);
    if (tag < 0xa0) return this.#list(tag & 15, depth);
    if (tag < 0xc0) return this.#text(tag & 31);
    if (tag >= 0xe0) return tag - 0x100;
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): unknown {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return tag === 0xc3;
      case 0xc4:
        return this.#bin(this.#uint(1));
      case 0xc5:
        return this.#bin(this.#uint(2));
      case 0xc6:
        return this.#bin(this.#uint(4));
      case 0xca:
        return this.#view.getFloat32(this.#take(4));
      case 0xcb:
        return this.#view.getFloat64(this.#take(8));
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return this.#wide(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return this.#wide(this.#view.getBigInt64(this.#take(8)));
      case 0xd6:
      case 0xd7:
        if (this.#compacting) return this.#timestamp(tag === 0xd6);
        throw this.#foreign(tag);
      case 0xd9:
        return this.#text(this.#uint(1));
      case 0xda:
        return this.#text(this.#uint(2));
      case 0xdb:
        return this.#text(this.#uint(4));
      case 0xdc:
        return this.#list(this.#uint(2), depth);
      case 0xdd:
        return this.#list(this.#uint(4), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      case 0xdf:
        return this.#map(this.#uint(4), depth);
      default:
        throw this.#foreign(tag);
    }
  }

  #foreign(tag: number): DeltawireError {
    return malformed(`type 0x${tag.toString(16)} is not in the protocol`, this.#at - 1);
  }

  #timestamp(isWhole: boolean): string {
    const at = this.#take(1);
    if (this.#bytes[at] !== 0xff) throw malformed("an extension that is no timestamp", at);
    if (isWhole) return this.#stated({ seconds: this.#uint(4), milliseconds: undefined });
    const [high, low] = [this.#uint(4), this.#uint(4)];
    const milliseconds = Math.floor(high / 4) / 1e6;
    if (milliseconds < 1000 && Number.isInteger(milliseconds)) {
      return this.#stated({ seconds: (high % 4) * 2 ** 32 + low, milliseconds });
    }
    throw malformed("a timestamp that is not of whole milliseconds", at);
  }

  #stated(timestamp: Timestamp): string {
    const text = timestampText(timestamp);
    this.#grow(1 + text.length - (timestamp.milliseconds === undefined ? 6 : 10));
    return text;
  }

  /** Counts what is compact as what it stands for: a small frame must not become a large one. */
  #grow(bytes: number): void {
    this.#size += bytes;
    if (this.#size <= LIMITS.max_frame_bytes) return;
    const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by compact values`;
    throw new DeltawireError("limit_exceeded", what, { path: `#byte=${this.#at}` });
  }

  #wide(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw malformed("an integer beyond 2^53 - 1", this.#at - 9);
    return number;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return decodeUtf8(this.#bytes, at, at + length);
  }

  #bin(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(at, at + length)); // a copy, of a Buffer too
  }

  #list(length: number, depth: number): unknown[] {
    this.#room(length);
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.#value(depth + 1));
    return list;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#room(2 * length);
    const map: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const key = this.#key(depth + 1);
      const value = this.#value(depth + 1);
      // As JSON.parse does it: a member like any other, which the gate refuses.
      if (key === "__proto__") define(map, key, value);
      else map[key] = value;
    }
    return map;
  }

  #key(depth: number): string {
    const at = this.#at;
    const compacting = this.#compacting;
    this.#compacting = undefined; // a key is no timestamp
    const key = this.#value(depth);
    this.#compacting = compacting;
    if (typeof key === "string") {
      if (compacting?.learns) compacting.keys.intern(key);
      return key;
    }
    if (!compacting || typeof key !== "number") throw malformed("a key that is not a string", at);
    const name = compacting.keys.at(key);
    const bytes = compacting.keys.bytesOf(key);
    this.#grow(headerOf(bytes) + bytes - (this.#at - at));
    return name;
  }

  /** Refuses a count that the rest of the bytes cannot hold, before anything is made for it. */
  #room(items: number): void {
    if (items > this.#bytes.length - this.#at) throw malformed("truncated MessagePack", this.#at);
  }
}

/** Sets an own member of any name. */
function define(map: object, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}
