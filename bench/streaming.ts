import { Hub, Producer, Viewer } from "./pipeline.js";
import { Rounds, type Sample } from "./statistics.js";

const DELTA = "word";

const KINDS = {
  text: ({ reply }: Producer) => reply.append(DELTA),
  json: ({ reply }: Producer, index: number) =>
    reply.json("tool").patch([
      {
        op: "splice",
        path: "/output",
        changed_offset: index * DELTA.length,
        removed: 0,
        text: DELTA,
      },
    ]),
};

type Kind = keyof typeof KINDS;

/** What a consumer receives while deltas stream into a text, or a string in a JSON value. */
class Stream {
  readonly #kind: Kind;
  readonly #count: number;
  readonly #messages: readonly Uint8Array[];

  constructor(kind: Kind, count: number) {
    this.#kind = kind;
    this.#count = count;
    const producer = new Producer();
    const hub = new Hub();
    for (const message of new Viewer().joining) hub.view(message);
    producer.reply.json("tool").set({ name: "shell", status: "running", output: "" });
    for (let i = 0; i < count; i++) {
      KINDS[kind](producer, i);
      producer.drain();
      for (const message of producer.take()) hub.produce(message);
    }
    this.#messages = hub.take();
  }

  /** Processor time of the consumer, all threads, in nanoseconds for each delta. */
  measure(): Sample {
    const viewer = new Viewer();
    const before = process.cpuUsage();
    for (const message of this.#messages) viewer.receive(message);
    const text = this.#kind === "text" ? viewer.text : viewer.output;
    const looked = text.charCodeAt(text.length - 1);
    const { user, system } = process.cpuUsage(before);
    if (text.length !== this.#count * DELTA.length || Number.isNaN(looked)) {
      throw new Error("the viewer misses something");
    }
    return { [`${this.#kind} ${this.#count}`]: (1000 * (user + system)) / this.#count };
  }
}

/**
 * What a consumer takes for a string that streams inside JSON (`json`), next to the same as text
 * (`text`), by the number of deltas, each of which comes in a frame of its own.
 */
export function measureStreaming(counts: readonly number[], rounds: number): Rounds {
  const kinds = Object.keys(KINDS) as Kind[];
  const streams = kinds.flatMap((kind) => counts.map((count) => new Stream(kind, count)));
  return Rounds.run(
    rounds,
    Math.ceil(rounds / 4),
    streams.map((stream) => () => stream.measure()),
  );
}
