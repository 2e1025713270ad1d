import { LARGE, prose, statusAt, statusOffset, TOKEN } from "./growing-text.js";
import { growthOf } from "./growth-row.js";
import type { GrowthRow, Named } from "./results.js";
import { Rounds, type Sample, timed } from "./statistics.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "./wire/peer.js";

const PART = "text";

/** Windows in one measurement: as many as take this many nanoseconds, within bounds. */
const ENOUGH = 10e6;
const MOST = 1024;
/** Windows before that, which warm up. */
const WARM_UP = 3;
/** A window that takes longer ends the series: nothing is learnt from a larger text. */
const TOO_LONG = 30e6;

/** The edits of the `index`th window. */
type Update = (size: number, index: number) => readonly Edit[];

/** What is measured, as it stands in the results. */
export type UpdateName = "append" | "backEdit";

const UPDATES: Readonly<Record<UpdateName, Update>> = {
  append: () => [{ is: "append", part: PART, text: TOKEN }],
  backEdit: (size, index) => {
    const text = statusAt(index);
    return [{ is: "splice", part: PART, offset: statusOffset(size), removed: text.length, text }];
  },
};

/** How the text comes to be of a size. */
const beginning = (size: number): (readonly Edit[])[] => [
  [{ is: "text", part: PART }],
  [{ is: "append", part: PART, text: prose(size) }],
];

/** What a peer is told that will come. */
const inputOf = (name: UpdateName, size: number): Input => ({
  name: `growth-${name}`,
  title: `${name}, a text of ${size} characters`,
  steps: [...beginning(size), UPDATES[name](size, 0)].map((edits, i) => ({ at: 1000 * i, edits })),
});

/** A text of a size that a peer's sender and receiver hold. */
class Grown {
  readonly #name: UpdateName;
  readonly #peer: Peer;
  readonly #size: number;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #windows = 0;

  private constructor(name: UpdateName, peer: Peer, size: number) {
    this.#name = name;
    this.#peer = peer;
    this.#size = size;
    const input = inputOf(name, size);
    this.#sender = peer.sender(input);
    this.#receiver = peer.receiver(input);
  }

  static async begin(name: UpdateName, peer: Peer, size: number): Promise<Grown> {
    const grown = new Grown(name, peer, size);
    await grown.#apply(grown.#sender.open?.() ?? []);
    for (const edits of beginning(size)) await grown.#apply(grown.#send(edits));
    return grown;
  }

  #send(edits: readonly Edit[]): readonly Message[] {
    return this.#relayed(this.#sender.send(edits));
  }

  #relayed(messages: readonly Message[]): readonly Message[] {
    return this.#sender.relay?.(messages) ?? messages;
  }

  async #apply(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const taken = this.#receiver.receive(message);
      if (taken) await taken; // to wait for what is done would be timed
    }
  }

  /** Nanoseconds of a window. */
  async measure(windows: number): Promise<{ readonly encode: number; readonly apply: number }> {
    const first = this.#windows;
    this.#windows += windows;
    const sent: (readonly Message[])[] = [];
    const encode = timed(windows, (i) => {
      sent.push(this.#sender.send(UPDATES[this.#name](this.#size, first + i)));
    });
    const received = sent.map((messages) => this.#relayed(messages));
    const start = process.hrtime.bigint();
    for (const messages of received) await this.#apply(messages);
    const apply = Number(process.hrtime.bigint() - start) / windows;
    return { encode, apply };
  }

  /** @throws Error where the receiver does not show what was written */
  check(): void {
    const text = this.#receiver.read(PART);
    const isAppend = this.#name === "append";
    const length = this.#size + (isAppend ? this.#windows * TOKEN.length : 0);
    const offset = statusOffset(this.#size);
    const status = isAppend ? "" : statusAt(this.#windows - 1);
    const isRight =
      typeof text === "string" && text.length === length && text.startsWith(status, offset);
    if (!isRight) throw new Error(`${this.#peer.name} shows another text after ${this.#name}`);
  }
}

/** A peer's texts of each size, and how often it is measured at each. */
class Series {
  readonly sizes: number[] = [];
  readonly #peer: Peer;
  readonly #name: UpdateName;
  readonly #windows = new Map<number, number>();
  readonly #large = new Map<number, Grown>();

  private constructor(name: UpdateName, peer: Peer) {
    this.#peer = peer;
    this.#name = name;
  }

  /** Finds out how far it can go. */
  static async begin(name: UpdateName, peer: Peer, sizes: readonly number[]): Promise<Series> {
    const series = new Series(name, peer);
    for (const size of sizes) {
      const grown = await Grown.begin(name, peer, size);
      const [first, next] = [await grown.measure(WARM_UP), await grown.measure(WARM_UP)];
      const window = Math.min(first.encode + first.apply, next.encode + next.apply);
      series.sizes.push(size);
      const windows = Math.floor(ENOUGH / window);
      series.#windows.set(size, Math.max(1, Math.min(windows, MOST)));
      if (size >= LARGE) series.#large.set(size, grown);
      if (window > TOO_LONG) break;
    }
    return series;
  }

  async measure(size: number): Promise<Sample> {
    const kept = this.#large.get(size);
    const grown = kept ?? (await Grown.begin(this.#name, this.#peer, size));
    if (!kept) await grown.measure(WARM_UP);
    const { encode, apply } = await grown.measure(this.#windows.get(size) ?? 1);
    if (!kept) grown.check();
    const { name } = this.#peer;
    return {
      [`${name} ${size}`]: encode + apply,
      [`${name}:encode ${size}`]: encode,
      [`${name}:apply ${size}`]: apply,
    };
  }

  /** Where the large texts show what was written. */
  check(): void {
    for (const grown of this.#large.values()) grown.check();
  }

  rowOf(rounds: Rounds): GrowthRow {
    const { name } = this.#peer;
    const { sizes: encode } = growthOf(rounds, `${name}:encode`, this.sizes);
    const { sizes: apply } = growthOf(rounds, `${name}:apply`, this.sizes);
    return { ...growthOf(rounds, name, this.sizes), encode, apply };
  }
}

/**
 * What a window takes each peer to encode and to apply, as the text grows; servers are left out. One
 * peer after the other: what one leaves for the garbage collector is not for the others to pay.
 */
export async function measureUpdates(
  name: UpdateName,
  peers: readonly Peer[],
  sizes: readonly number[],
  rounds: number,
): Promise<Named<GrowthRow>> {
  const rows: Record<string, GrowthRow> = {};
  for (const peer of peers) {
    if (peer.unfit?.(inputOf(name, 1)) !== undefined) continue;
    const series = await Series.begin(name, peer, sizes);
    const things = series.sizes.map((size) => () => series.measure(size));
    const measured = await Rounds.gather(rounds, 1, things);
    series.check();
    rows[peer.name] = series.rowOf(measured);
  }
  return rows;
}
