import type { AckFrame, Refusal } from "@deltawire/spec";

/** Acknowledgements that wait to be sent: one a channel, however many frames it is for. */
export class Acknowledgements {
  readonly #waiting = new Map<string, Waiting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Adds one; refusals of the same message for the same reason add up. */
  add({ channel, seq, refused }: AckFrame): void {
    let waiting = this.#waiting.get(channel);
    if (!waiting) {
      waiting = { seq, refused: undefined };
      this.#waiting.set(channel, waiting);
    }
    waiting.seq = seq;
    for (const { message, code, count } of refused ?? []) {
      waiting.refused ??= new Map();
      const key = `${code} ${message}`;
      const before = waiting.refused.get(key)?.count ?? 0;
      waiting.refused.set(key, { message, code, count: before + count });
    }
  }

  /** Those that wait. Nothing waits after that. */
  take(): AckFrame[] {
    const frames: AckFrame[] = [];
    if (this.isEmpty) return frames;
    for (const [channel, { seq, refused }] of this.#waiting) {
      const names = refused && { refused: [...refused.values()] };
      frames.push({ type: "ack", channel, seq, ...names });
    }
    this.#waiting.clear();
    return frames;
  }
}

/** What waits of one channel: the last version, and what was refused. */
interface Waiting {
  seq: number;
  refused: Map<string, Refusal> | undefined;
}
