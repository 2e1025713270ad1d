import { DeltawireError } from "@deltawire/spec";

// RFC 1951. Written for frames: short, with a dictionary, bounded, and strict about where they end;
// the libraries allocate 128 KiB a stream, and take what follows the last block for their next input.

/**
 * Codes of a block. Short ones are looked up, long ones are counted out: a table for all 15 bits
 * would cost far more than a block of a few bytes that asks for one.
 */
interface Codes {
  /** The longest code. */
  readonly bits: number;
  /** By the next bits of the input, {@link ROOT} at most: `symbol << 4 | bits`; 0 where none is. */
  readonly table: Uint16Array;
  /** How many codes there are of each length. */
  readonly counts: Uint16Array;
  /** The symbols by their codes. */
  readonly symbols: Uint16Array;
}

const MAX_BITS = 15;
/** Bits of a code that is looked up. */
const ROOT = 10;
const END = 256;

/** Order in which the lengths of the codes of lengths are stated. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** What the codes of lengths from 16 say: repeat so often at least, and as many times more as bits say. */
const REPEATS = [
  [3, 2],
  [3, 3],
  [11, 7],
] as const;

/** First lengths or distances of codes, and how many further bits each has. */
function ranges(first: number, count: number, extraOf: (code: number) => number) {
  const base: number[] = [];
  const extra: number[] = [];
  for (let code = 0, at = first; code < count; code++) {
    base.push(at);
    extra.push(extraOf(code));
    at += 1 << extraOf(code);
  }
  return { base, extra };
}

const LENGTHS = ranges(3, 29, (code) => (code < 8 ? 0 : (code >> 2) - 1));
LENGTHS.base[28] = 258;
LENGTHS.extra[28] = 0;
const DISTANCES = ranges(1, 30, (code) => (code < 4 ? 0 : (code >> 1) - 1));

const malformed = (what: string): DeltawireError =>
  new DeltawireError("malformed", `not DEFLATE: ${what}`, { path: "" });

/** The canonical codes of lengths. @param mayLack whether there may be a single code, or none */
function codesOf(lengths: Uint8Array, mayLack = false): Codes {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) if (length > 0) counts[length] = (counts[length] as number) + 1;
  let bits = MAX_BITS;
  while (bits > 1 && counts[bits] === 0) bits -= 1;
  const next = new Uint16Array(MAX_BITS + 2);
  const places = new Uint16Array(MAX_BITS + 2);
  let left = 1;
  for (let length = 1; length <= bits; length++) {
    left = 2 * left - (counts[length] as number);
    if (left < 0) throw malformed("too many codes");
    next[length + 1] = ((next[length] as number) + (counts[length] as number)) << 1;
    places[length + 1] = (places[length] as number) + (counts[length] as number);
  }
  const isSingle = bits === 1 && (counts[1] as number) <= 1;
  if (left > 0 && !(mayLack && isSingle)) throw malformed("too few codes");
  const table = new Uint16Array(1 << Math.min(bits, ROOT));
  const symbols = new Uint16Array(places[bits + 1] as number);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[places[length] as number] = symbol;
    places[length] = (places[length] as number) + 1;
    const code = next[length] as number;
    next[length] = code + 1;
    if (length > ROOT) return;
    let at = 0;
    for (let bit = 0; bit < length; bit++) if (code & (1 << bit)) at |= 1 << (length - 1 - bit);
    for (; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  });
  return { bits, table, counts, symbols };
}

let fixed: readonly [Codes, Codes] | undefined;

function fixedCodes(): readonly [Codes, Codes] {
  if (!fixed) {
    const lengths = new Uint8Array(288).fill(8);
    lengths.fill(9, 144, 256);
    lengths.fill(7, 256, 280);
    fixed = [codesOf(lengths), codesOf(new Uint8Array(32).fill(5))];
  }
  return fixed;
}

/** One stream, from bits to bytes. */
class Inflation {
  readonly #input: Uint8Array;
  /** Of the input: the byte that is next, and the bits of those before it that are not used yet. */
  #at: number;
  #held = 0;
  #count = 0;
  /** The dictionary, and behind it what was inflated. */
  #output: Uint8Array;
  #end: number;
  readonly #start: number;
  readonly #most: number;

  constructor(input: Uint8Array, at: number, dictionary: Uint8Array, most: number) {
    this.#input = input;
    this.#at = at;
    this.#start = dictionary.length;
    this.#end = dictionary.length;
    this.#most = dictionary.length + most;
    this.#output = new Uint8Array(dictionary.length + 4 * (input.length - at) + 64);
    this.#output.set(dictionary);
  }

  run(): Uint8Array {
    for (let isLast = 0; !isLast; ) {
      isLast = this.#take(1);
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#block(...fixedCodes());
      else if (type === 2) this.#block(...this.#codes());
      else throw malformed("a block of no type");
    }
    if (this.#at - (this.#count >> 3) < this.#input.length) throw malformed("bytes behind its end");
    return this.#output.slice(this.#start, this.#end);
  }

  /** Holds at least so many bits, 16 at most; past the end of the input they are 0. */
  #fill(bits: number): void {
    while (this.#count < bits) {
      this.#held |= (this.#input[this.#at] ?? 0) << this.#count;
      this.#at += 1;
      this.#count += 8;
    }
  }

  #take(bits: number): number {
    this.#fill(bits);
    const value = this.#held & ((1 << bits) - 1);
    this.#drop(bits);
    return value;
  }

  #drop(bits: number): void {
    this.#held >>>= bits;
    this.#count -= bits;
    if (this.#at - (this.#count >> 3) > this.#input.length) throw malformed("it ends too early");
  }

  #symbol(codes: Codes): number {
    const { bits, table } = codes;
    this.#fill(bits);
    const entry = table[this.#held & (table.length - 1)] as number;
    if (entry === 0) return this.#counted(codes);
    this.#drop(entry & 15);
    return entry >> 4;
  }

  /** Bit by bit: codes of one length follow each other, and those of the next begin behind them. */
  #counted({ bits, counts, symbols }: Codes): number {
    for (let length = 1, code = 0, first = 0, at = 0; length <= bits; length++) {
      const count = counts[length] as number;
      code |= (this.#held >> (length - 1)) & 1;
      if (code - first < count) {
        this.#drop(length);
        return symbols[at + code - first] as number;
      }
      at += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw malformed("no such code");
  }

  /** Makes room for what is next. @throws DeltawireError `limit_exceeded` */
  #room(length: number): void {
    const end = this.#end + length;
    if (end > this.#most) {
      const what = `max_frame_bytes (${this.#most - this.#start}) exceeded by what is inflated`;
      throw new DeltawireError("limit_exceeded", what, { path: "" });
    }
    if (end <= this.#output.length) return;
    const output = new Uint8Array(Math.max(2 * this.#output.length, end));
    output.set(this.#output);
    this.#output = output;
  }

  #stored(): void {
    this.#drop(this.#count & 7);
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff)) throw malformed("a length without its complement");
    const at = this.#at - (this.#count >> 3);
    if (at + length > this.#input.length) throw malformed("it ends too early");
    this.#room(length);
    this.#output.set(this.#input.subarray(at, at + length), this.#end);
    this.#end += length;
    this.#at = at + length;
    this.#held = 0;
    this.#count = 0;
  }

  #codes(): readonly [Codes, Codes] {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const stated = this.#take(4) + 4;
    if (literals > 286 || distances > 30) throw malformed("too many codes");
    const orders = new Uint8Array(19);
    for (let i = 0; i < stated; i++) orders[ORDER[i] as number] = this.#take(3);
    const codes = codesOf(orders);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.#symbol(codes);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) throw malformed("nothing to repeat");
      const repeated = symbol === 16 ? (lengths[i - 1] as number) : 0;
      const [least, bits] = REPEATS[symbol - 16] as readonly [number, number]; // there are 19 symbols
      const end = i + least + this.#take(bits);
      if (end > lengths.length) throw malformed("too many codes");
      lengths.fill(repeated, i, end);
      i = end;
    }
    if (lengths[END] === 0) throw malformed("a block without an end");
    return [codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals), true)];
  }

  #block(literals: Codes, distances: Codes): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END) return;
      if (symbol < END) {
        this.#room(1);
        this.#output[this.#end] = symbol;
        this.#end += 1;
      } else {
        const length = this.#range(LENGTHS, symbol - 257);
        this.#copy(length, this.#range(DISTANCES, this.#symbol(distances)));
      }
    }
  }

  #range({ base, extra }: typeof LENGTHS, code: number): number {
    const first = base[code];
    if (first === undefined) throw malformed("no such code");
    return first + this.#take(extra[code] as number);
  }

  #copy(length: number, distance: number): void {
    const from = this.#end - distance;
    if (from < 0) throw malformed("a distance from before the dictionary");
    this.#room(length);
    const output = this.#output;
    for (let i = 0; i < length; i++) output[this.#end + i] = output[from + i] as number;
    this.#end += length;
  }
}

/**
 * Inflates one complete raw DEFLATE stream (RFC 1951) that goes from an offset to the end.
 *
 * @param dictionary what stands before it
 * @param most bytes at most; inflating stops there
 * @throws DeltawireError `malformed`, `limit_exceeded`
 */
export function inflate(
  input: Uint8Array,
  at: number,
  dictionary: Uint8Array,
  most: number,
): Uint8Array {
  return new Inflation(input, at, dictionary, most).run();
}
