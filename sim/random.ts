/** Random numbers that follow from a seed alone (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 12; i++) this.#bits();
  }

  #bits(): number {
    const bits = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + bits;
    return bits >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    return this.#bits() / 2 ** 32;
  }

  /** A whole number from `least` to below `end`. */
  int(end: number, least = 0): number {
    return least + Math.floor(this.next() * (end - least));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.int(list.length)] as T; // there is one
  }

  /** Random numbers of their own, which what happens elsewhere does not shift. */
  fork(): Random {
    return new Random(this.#bits() + 2 ** 32 * (this.#bits() & 0xfffff));
  }
}
