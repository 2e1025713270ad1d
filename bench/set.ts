import { prose, SIZES, TOKEN } from "./growth.js";
import { Producer } from "./pipeline.js";
import { Rounds, type Sample, timed } from "./statistics.js";

/** Calls in one measurement; each has a string of its own. */
const CALLS = 8;

/** Texts of one byte a character inside the engine, and of two: one letter makes the difference. */
export const LETTERS = [
  ["Latin", "A"],
  ["any script", "文"],
] as const;

/** As editors have it: one flat string. */
const flat = (...pieces: readonly string[]): string => pieces.join("");

class Grown {
  readonly #size: number;
  readonly #producer = new Producer();
  readonly #letter: string;
  #text: string;

  constructor(size: number, letter: string) {
    this.#size = size;
    this.#letter = letter;
    this.#text = flat(letter, prose(size));
    this.#producer.reply.set(this.#text);
    this.#producer.drain();
  }

  measure(): Sample {
    let compare = 0;
    let set = 0;
    let equal = true;
    for (let i = 0; i < CALLS; i++) {
      const next = flat(this.#text, TOKEN);
      compare += timed(1, () => {
        equal &&= next.slice(0, this.#text.length) === this.#text;
      });
      set += timed(1, () => {
        this.#producer.reply.set(next);
        this.#producer.drain();
      });
      this.#text = next;
    }
    if (!equal) throw new Error("the text did not grow");
    this.#producer.take();
    const name = `${this.#letter} ${this.#size}`;
    return { [`set ${name}`]: set / CALLS, [`compare ${name}`]: compare / CALLS };
  }
}

/** What `set` takes where the text has grown at its end, next to comparing the two texts. */
export function measureSet(rounds: number): Rounds {
  const texts = SIZES.flatMap((size) => LETTERS.map(([, letter]) => new Grown(size, letter)));
  return Rounds.run(
    rounds,
    5,
    texts.map((text) => () => text.measure()),
  );
}
