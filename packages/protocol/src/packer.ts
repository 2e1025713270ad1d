// A small MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) of its own, since
// the trust boundary asks for what libraries leave open: strict UTF-8, a byte order mark that
// survives, duplicate-free handling of `__proto__`, bounds on depth, and the place of an error.
// Extension types but timestamps, and integers beyond 2^53 - 1, are not part of the protocol.

import { parseTimestamp, type Timestamp } from "./timestamp.js";

const utf8 = new TextEncoder();

/** A value from the wire, for a message about it: what is not a number may be large, or hostile. */
export const brief = (value: unknown): string =>
  typeof value === "number" ? String(value) : `a ${typeof value}`;

/** Memory that is kept from one value to the next. */
const KEPT = 64 * 1024;

/** Tag of an extension of 4 or 8 bytes, and the type of one that is a timestamp (-1). */
const TIMESTAMP = { whole: 0xd6, fraction: 0xd7, type: 0xff } as const;

/** Keys by number: a `NameTable`. */
interface Keys {
  numberOf(key: string): number | undefined;
  bytesOf(number: number): number;
  at(number: unknown): string;
  intern(key: string): boolean;
}

/** What makes values compact. PROTOCOL.md, "Compact values". */
export interface Compacting {
  readonly keys: Keys;
  /** Whether keys that are written for the first time get a number: in a live frame they do. */
  readonly learns: boolean;
}

/** Writes MessagePack into memory that grows. */
export class Packer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  #compacting: Compacting | undefined;
  #saved = 0;
  #taught = false;

  /**
   * A value as bytes, in memory of their own.
   *
   * @param compacting makes it compact; what it saves is counted. @default undefined: nothing does
   */
  pack(value: unknown, compacting?: Compacting): Uint8Array {
    this.#end = 0; // what was written last may have failed
    this.#compacting = compacting;
    this.#saved = 0;
    this.#taught = false;
    this.#value(value);
    const packed = this.#bytes.slice(0, this.#end);
    if (this.#bytes.length > KEPT) this.#allocate(256);
    return packed;
  }

  /** Bytes by which what was packed last is smaller than it would be plain. */
  get saved(): number {
    return this.#saved;
  }

  /** Whether what was packed last can be read by those only who read compact values. */
  get isCompact(): boolean {
    return this.#saved > 0 || this.#taught;
  }

  #allocate(length: number): void {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #reserve(length: number): number {
    const at = this.#end;
    if (at + length > this.#bytes.length) {
      const written = this.#bytes.subarray(0, at);
      this.#allocate(2 * (at + length));
      this.#bytes.set(written);
    }
    this.#end = at + length;
    return at;
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  #tagged(tag: number, size: 1 | 2 | 4, value: number): void {
    const at = this.#reserve(1 + size);
    this.#bytes[at] = tag;
    if (size === 1) this.#bytes[at + 1] = value;
    else if (size === 2) this.#view.setUint16(at + 1, value);
    else this.#view.setUint32(at + 1, value);
  }

  /** The header of an array, a map, a string or bytes: short form, or 1, 2 or 4 bytes of length. */
  #header(
    short: number,
    room: number,
    tags: readonly (number | undefined)[],
    length: number,
  ): void {
    const [one, two, four] = tags;
    if (length < room) this.#byte(short | length);
    else if (one !== undefined && length < 0x100) this.#tagged(one, 1, length);
    else if (length < 0x1_0000) this.#tagged(two as number, 2, length);
    else this.#tagged(four as number, 4, length);
  }

  #array(length: number): void {
    this.#header(0x90, 16, [undefined, 0xdc, 0xdd], length);
  }

  #integer(value: number): void {
    if (value >= 0) {
      if (value < 0x80) this.#byte(value);
      else if (value < 0x100) this.#tagged(0xcc, 1, value);
      else if (value < 0x1_0000) this.#tagged(0xcd, 2, value);
      else if (value < 0x1_0000_0000) this.#tagged(0xce, 4, value);
      else this.#wide(0xcf, value);
    } else if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#tagged(0xd0, 1, value & 0xff);
    else if (value >= -0x8000) this.#tagged(0xd1, 2, value & 0xffff);
    else if (value >= -0x8000_0000) this.#tagged(0xd2, 4, value >>> 0);
    else this.#wide(0xd3, value);
  }

  #wide(tag: number, value: number): void {
    const at = this.#reserve(9);
    this.#bytes[at] = tag;
    this.#view.setBigInt64(at + 1, BigInt(value));
  }

  #text(text: string): void {
    if (text.length < 32 && this.#ascii(text)) return;
    // Written behind the longest header it may need, then moved back to where it belongs.
    const at = this.#reserve(5 + 3 * text.length);
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(at + 5));
    this.#end = at;
    this.#header(0xa0, 32, [0xd9, 0xda, 0xdb], written);
    this.#bytes.copyWithin(this.#end, at + 5, at + 5 + written);
    this.#end += written;
  }

  /** Writes a short text, and says whether it could: it can where it is ASCII. */
  #ascii(text: string): boolean {
    const { length } = text;
    const at = this.#reserve(1 + length);
    this.#bytes[at] = 0xa0 | length;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) {
        this.#end = at;
        return false;
      }
      this.#bytes[at + 1 + i] = unit;
    }
    return true;
  }

  #value(value: unknown): void {
    if (typeof value === "string") this.#texted(value);
    else if (typeof value === "number") this.#number(value);
    else if (value === null || value === undefined) this.#byte(0xc0);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (value instanceof Uint8Array) {
      this.#header(0xc4, 0, [0xc4, 0xc5, 0xc6], value.length);
      const at = this.#reserve(value.length); // before #bytes is looked at: it may be replaced
      this.#bytes.set(value, at);
    } else if (Array.isArray(value)) {
      this.#array(value.length);
      for (const item of value) this.#value(item);
    } else if (typeof value === "object") {
      this.#map(value as Readonly<Record<string, unknown>>); // neither a list nor bytes
    } else throw new TypeError(`${typeof value} is not in the data model`);
  }

  #map(members: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(members);
    let length = 0;
    for (const key of keys) if (members[key] !== undefined) length += 1;
    this.#header(0x80, 16, [undefined, 0xde, 0xdf], length);
    for (const key of keys) {
      const item = members[key];
      if (item === undefined) continue;
      if (this.#compacting) this.#key(key, this.#compacting);
      else this.#text(key);
      this.#value(item);
    }
  }

  #key(key: string, { keys, learns }: Compacting): void {
    const number = keys.numberOf(key);
    if (number !== undefined) {
      const start = this.#end;
      this.#integer(number);
      const bytes = keys.bytesOf(number);
      this.#saved += headerOf(bytes) + bytes - (this.#end - start);
      return;
    }
    this.#text(key);
    if (learns && keys.intern(key)) this.#taught = true;
  }

  #texted(text: string): void {
    const timestamp = this.#compacting && parseTimestamp(text);
    if (timestamp) this.#timestamp(timestamp, 1 + text.length);
    else this.#text(text);
  }

  #timestamp({ seconds, milliseconds }: Timestamp, plain: number): void {
    const start = this.#end;
    if (milliseconds === undefined) {
      const at = this.#extension(TIMESTAMP.whole, 4);
      this.#view.setUint32(at, seconds);
    } else {
      // 30 bits of nanoseconds, then 34 of seconds.
      const at = this.#extension(TIMESTAMP.fraction, 8);
      this.#view.setUint32(at, milliseconds * 1e6 * 4 + Math.floor(seconds / 2 ** 32));
      this.#view.setUint32(at + 4, seconds % 2 ** 32);
    }
    this.#saved += plain - (this.#end - start);
  }

  /** The head of a timestamp; returns where its bytes begin. */
  #extension(tag: number, size: number): number {
    const at = this.#reserve(2 + size);
    this.#bytes[at] = tag;
    this.#bytes[at + 1] = TIMESTAMP.type;
    return at + 2;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) this.#integer(value);
    else {
      const at = this.#reserve(9);
      this.#bytes[at] = 0xcb;
      this.#view.setFloat64(at + 1, value);
    }
  }
}

/** Bytes of the header of a text of so many bytes, which are few enough for a name. */
export const headerOf = (bytes: number): number => (bytes < 32 ? 1 : bytes < 0x100 ? 2 : 3);
