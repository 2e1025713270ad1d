import { LARGE, prose, statusAt, statusOffset, TOKEN } from "./growing-text.js";
import { Pipeline, type Producer, type Viewer } from "./pipeline.js";
import { Rounds, type Sample, timed } from "./statistics.js";

/** Calls in one measurement: 4 KiB of text, so that each size once meets the tree under it. */
const CALLS = 1024;
/** Calls of which each is looked at: a look costs as much as the text is long. */
const LOOKS = 8;
/** What a producer does, the `index`th time. */
type Call = (producer: Producer, index: number) => void;

/** A text of a size, on its way from a producer through a server to two viewers. */
class Layers {
  readonly #size: number;
  readonly #pipeline: Pipeline;

  constructor(size: number) {
    this.#size = size;
    this.#pipeline = new Pipeline(2, ({ reply }) => reply.append(prose(size)));
  }

  /** What each layer takes for an `append`; the second viewer reads the text each time. */
  append(): Sample {
    const { down, ...layers } = this.#layers(({ reply }) => reply.append(TOKEN));
    const [plain, reading] = this.#viewers;
    let length = 0;
    const read = timed(down.length, (i) => {
      reading.receive(down[i] as Uint8Array);
      length += reading.text.length;
    });
    if (length < this.#size || reading.text !== plain.text) throw new Error("a viewer differs");
    if (this.#size < LARGE) this.#reset(plain.text.length);
    return this.#named({ ...layers, "decoder-read": read });
  }

  /** What each layer takes where a status line far up changes. */
  backEdit(): Sample {
    const offset = statusOffset(this.#size);
    const { down, ...layers } = this.#layers(({ reply }, i) =>
      reply.splice(offset, statusAt(i).length, statusAt(i)),
    );
    for (const message of down) this.#viewers[1].receive(message);
    return this.#named(layers);
  }

  /** What a look into the whole text takes after an edit: the engine makes one string of it. */
  looks(): Sample {
    const { producer } = this.#pipeline;
    const [viewer] = this.#viewers;
    const looks = (edit: () => void) => {
      let sum = 0;
      for (let i = 0; i < LOOKS; i++) {
        edit();
        this.#pipeline.settle();
        sum += timed(1, () => viewer.text.charCodeAt(i));
      }
      return sum / LOOKS;
    };
    return this.#named({
      "look-append": looks(() => producer.reply.append(TOKEN)),
      "look-backEdit": looks(() => producer.reply.splice(9, 4, TOKEN)),
    });
  }

  get #viewers(): readonly [Viewer, Viewer] {
    return this.#pipeline.viewers as [Viewer, Viewer]; // two, see the constructor
  }

  #layers(call: Call) {
    const { producer, hub } = this.#pipeline;
    const [viewer] = this.#viewers;
    const encoder = timed(CALLS, (i) => {
      call(producer, i);
      producer.drain();
    });
    const up = producer.take();
    const server = timed(up.length, (i) => hub.produce(up[i] as Uint8Array));
    const down = hub.take();
    const decoder = timed(down.length, (i) => viewer.receive(down[i] as Uint8Array));
    return { encoder, server, decoder, down };
  }

  #named(layers: Readonly<Record<string, number>>): Sample {
    const entries = Object.entries(layers);
    return Object.fromEntries(entries.map(([layer, ns]) => [`${layer} ${this.#size}`, ns]));
  }

  /** Back to the size that it is about. */
  #reset(length: number): void {
    this.#pipeline.producer.reply.splice(this.#size, length - this.#size, "");
    this.#pipeline.settle();
    this.#viewers[1].text.charCodeAt(0);
  }
}

/** What each layer takes as the text grows, by what is done. */
export function measureLayers(
  sizes: readonly number[],
  rounds: number,
): Readonly<Record<keyof Layers, Rounds>> {
  const texts = sizes.map((size) => new Layers(size));
  const run = (name: keyof Layers, times: number) =>
    Rounds.run(
      times,
      Math.ceil(times / 5),
      texts.map((text) => () => text[name]()),
    );
  return {
    append: run("append", rounds),
    backEdit: run("backEdit", rounds),
    looks: run("looks", Math.ceil(rounds / 5)),
  };
}
