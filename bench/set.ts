import { prose, TOKEN } from "./growing-text.js";
import { Producer } from "./pipeline.js";
import { Rounds, type Sample, timed } from "./statistics.js";

/** Calls in one measurement; each has a string of its own. */
const CALLS = 8;

/** Texts of one byte a character inside the engine, and of two: one letter makes the difference. */
const LETTERS = { "": "A", "-wide": "文" } as const;

/** As editors have it: one flat string. */
const flat = (...pieces: readonly string[]): string => pieces.join("");

class Grown {
  readonly #size: number;
  readonly #producer = new Producer();
  readonly #width: string;
  #text: string;

  constructor(size: number, width: keyof typeof LETTERS) {
    this.#size = size;
    this.#width = width;
    this.#text = flat(LETTERS[width], prose(size));
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
    const name = `${this.#width} ${this.#size}`;
    return { [`encoder${name}`]: set / CALLS, [`compare${name}`]: compare / CALLS };
  }
}

/**
 * What `set` takes where the text has grown at its end (`encoder`), next to comparing the two texts
 * once (`compare`), by size; both for texts of any script, too (`encoder-wide`, `compare-wide`).
 */
export function measureSet(sizes: readonly number[], rounds: number): Rounds {
  const widths = Object.keys(LETTERS) as (keyof typeof LETTERS)[];
  const texts = sizes.flatMap((size) => widths.map((width) => new Grown(size, width)));
  return Rounds.run(
    rounds,
    Math.ceil(rounds / 5),
    texts.map((text) => () => text.measure()),
  );
}
