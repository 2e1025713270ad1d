// A deflater (RFC 1951) of few means: greedy, one block of fixed codes. The bytes that a real one
// makes differ from version to version, and from machine to machine; those of vectors must not.

/** Writes bits, low ones first. */
class Bits {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  put(value: number, bits: number): this {
    for (let i = 0; i < bits; i++) {
      this.#held |= ((value >> i) & 1) << this.#count;
      this.#count += 1;
      if (this.#count < 8) continue;
      this.#bytes.push(this.#held);
      this.#held = 0;
      this.#count = 0;
    }
    return this;
  }

  /** A Huffman code: high bits first. */
  code(value: number, bits: number): this {
    for (let i = bits - 1; i >= 0; i--) this.put((value >> i) & 1, 1);
    return this;
  }

  take(): Uint8Array {
    if (this.#count > 0) this.put(0, 8 - this.#count);
    return Uint8Array.from(this.#bytes);
  }
}

function symbol(bits: Bits, of: number): void {
  if (of < 144) bits.code(0x30 + of, 8);
  else if (of < 256) bits.code(0x190 + of - 144, 9);
  else if (of < 280) bits.code(of - 256, 7);
  else bits.code(0xc0 + of - 280, 8);
}

/** The code that a length (from 3) or a distance (from 1) falls in, and what is said beyond it. */
function range(
  value: number,
  first: number,
  extraOf: (code: number) => number,
): readonly [code: number, rest: number, bits: number] {
  let code = 0;
  let base = first;
  for (; base + (1 << extraOf(code)) <= value; code++) base += 1 << extraOf(code);
  return [code, value - base, extraOf(code)];
}

/** The longest match that ends before a place, the nearest of those; undefined below 3 bytes. */
function match(all: Uint8Array, at: number): { length: number; distance: number } | undefined {
  let best: { length: number; distance: number } | undefined;
  for (let from = at - 1; from >= Math.max(0, at - 32_768); from--) {
    let length = 0;
    while (length < 257 && at + length < all.length && all[from + length] === all[at + length]) {
      length += 1;
    }
    if (length >= 3 && length > (best?.length ?? 0)) best = { length, distance: at - from };
  }
  return best;
}

/** A raw stream of bytes behind a dictionary. */
export function deflate(bytes: Uint8Array, dictionary: Uint8Array = new Uint8Array()): Uint8Array {
  const all = Uint8Array.from([...dictionary, ...bytes]);
  const bits = new Bits().put(1, 1).put(1, 2);
  for (let at = dictionary.length; at < all.length; ) {
    const found = match(all, at);
    if (!found) {
      symbol(bits, all[at] as number);
      at += 1;
      continue;
    }
    const [code, rest, extra] = range(found.length, 3, (of) => (of < 8 ? 0 : (of >> 2) - 1));
    symbol(bits, 257 + code);
    bits.put(rest, extra);
    const [far, beyond, more] = range(found.distance, 1, (of) => (of < 4 ? 0 : (of >> 1) - 1));
    bits.code(far, 5).put(beyond, more);
    at += found.length;
  }
  symbol(bits, 256);
  return bits.take();
}

/** A raw stream of stored bytes. */
export function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const bits = new Bits()
    .put(1, 8)
    .put(length, 16)
    .put(~length & 0xffff, 16);
  return Uint8Array.from([...bits.take(), ...bytes]);
}

/** A raw stream of one zero, and so many runs of 258 zeros, in a block of codes of its own. */
export function zeros(runs: number): Uint8Array {
  const bits = new Bits().put(1, 1).put(2, 2);
  bits
    .put(286 - 257, 5)
    .put(0, 5)
    .put(18 - 4, 4); // 286 literals and lengths, 1 distance
  // Lengths of the codes of lengths, as far as the 1: that of 18 has 1 bit, those of 1 and 2 have 2.
  for (const length of [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2]) bits.put(length, 3);
  const one = () => bits.code(0b10, 2);
  const two = () => bits.code(0b11, 2);
  const none = (count: number) => bits.code(0, 1).put(count - 11, 7);
  two(); // 0
  none(138);
  none(117); // 1 to 255
  two(); // 256, the end
  none(28); // 257 to 284
  one(); // 285, 258 bytes
  one(); // a distance of 1
  bits.code(0b10, 2);
  for (let i = 0; i < runs; i++) bits.code(0, 1).code(0, 1);
  return bits.code(0b11, 2).take();
}
