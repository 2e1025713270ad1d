import { DeltawireError, LIMITS } from "@deltawire/spec";

// A small MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) of its own, since
// the trust boundary asks for what libraries leave open: strict UTF-8, a byte order mark that
// survives, duplicate-free handling of `__proto__`, bounds on depth, and the place of an error.
// Extension types, and integers beyond 2^53 - 1, are not part of the protocol.

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const malformed = (what: string, offset: number): DeltawireError =>
  new DeltawireError("malformed", `${what} at byte ${offset}`, { path: `#byte=${offset}` });

/** Decodes UTF-8 from a byte on, refusing what is not well-formed and keeping a byte order mark. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number = bytes.length): string {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    const what = `text at byte ${start} is not well-formed UTF-8`;
    throw new DeltawireError("ill_formed_text", what, { path: `#byte=${start}` });
  }
}

/** A value from the wire, for a message about it: what is not a number may be large, or hostile. */
export const brief = (value: unknown): string =>
  typeof value === "number" ? String(value) : `a ${typeof value}`;

/** Writes MessagePack into memory that grows. */
export class Packer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** What was written, in memory of its own. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return taken;
  }

  #reserve(length: number): number {
    const at = this.#end;
    if (at + length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (at + length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#end = at + length;
    return at;
  }

  byte(value: number): void {
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
    if (length < room) this.byte(short | length);
    else if (one !== undefined && length < 0x100) this.#tagged(one, 1, length);
    else if (length < 0x1_0000) this.#tagged(two as number, 2, length);
    else this.#tagged(four as number, 4, length);
  }

  array(length: number): void {
    this.#header(0x90, 16, [undefined, 0xdc, 0xdd], length);
  }

  #integer(value: number): void {
    if (value >= 0) {
      if (value < 0x80) this.byte(value);
      else if (value < 0x100) this.#tagged(0xcc, 1, value);
      else if (value < 0x1_0000) this.#tagged(0xcd, 2, value);
      else if (value < 0x1_0000_0000) this.#tagged(0xce, 4, value);
      else this.#wide(0xcf, value);
    } else if (value >= -0x20) this.byte(value & 0xff);
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
    // Written behind the longest header it may need, then moved back to where it belongs.
    const at = this.#reserve(5 + 3 * text.length);
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(at + 5));
    this.#end = at;
    this.#header(0xa0, 32, [0xd9, 0xda, 0xdb], written);
    this.#bytes.copyWithin(this.#end, at + 5, at + 5 + written);
    this.#end += written;
  }

  value(value: unknown): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (value === null || value === undefined) this.byte(0xc0);
    else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
    else if (value instanceof Uint8Array) {
      this.#header(0xc4, 0, [0xc4, 0xc5, 0xc6], value.length);
      const at = this.#reserve(value.length); // before #bytes is looked at: it may be replaced
      this.#bytes.set(value, at);
    } else if (Array.isArray(value)) {
      this.array(value.length);
      for (const item of value) this.value(item);
    } else if (typeof value === "object") {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.#header(0x80, 16, [undefined, 0xde, 0xdf], entries.length);
      for (const [key, item] of entries) {
        this.#text(key);
        this.value(item);
      }
    } else throw new TypeError(`${typeof value} is not in the data model`);
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

/** Depth of containers in a frame: a value's own bound, and what a frame puts around it. */
const MAX_DEPTH = LIMITS.max_depth + 16;

/** Reads MessagePack; every failure is a {@link DeltawireError}. */
export class Unpacker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Made where it is needed: most frames need none, and it costs more than to read one. */
  get #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    return new DataView(buffer, byteOffset, byteLength);
  }

  /** The one value that the bytes hold. */
  only(): unknown {
    const value = this.#value(0);
    if (this.#at < this.#bytes.length) throw malformed("more bytes after the value", this.#at);
    return value;
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
    const tag = this.#uint(1);
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
        throw malformed(`type 0x${tag.toString(16)} is not in the protocol`, this.#at - 1);
    }
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
      const at = this.#at;
      const key = this.#value(depth + 1);
      if (typeof key !== "string") throw malformed("a key that is not a string", at);
      const value = this.#value(depth + 1);
      // As JSON.parse does it: a member like any other, which the gate refuses.
      if (key === "__proto__") define(map, key, value);
      else map[key] = value;
    }
    return map;
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
