import type { AckFrame, Refusal } from "@deltawire/spec";

/** Acknowledgements that wait to be sent: one a channel, however many frames it is for. */
export class Acknowledgements {
  readonly #waiting = new Map<string, { seq: number; readonly refused: Map<string, Refusal> }>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Adds one; refusals of the same message for the same reason add up. */
  add({ channel, seq, refused = [] }: AckFrame): void {
    const waiting = this.#waiting.get(channel) ?? { seq, refused: new Map<string, Refusal>() };
    waiting.seq = seq;
    for (const { message, code, count } of refused) {
      const key = `${code} ${message}`;
      const before = waiting.refused.get(key)?.count ?? 0;
      waiting.refused.set(key, { message, code, count: before + count });
    }
    this.#waiting.set(channel, waiting);
  }

  /** Those that wait. Nothing waits after that. */
  take(): AckFrame[] {
    const frames = [...this.#waiting].map(([channel, { seq, refused }]): AckFrame => {
      const names = refused.size > 0 ? { refused: [...refused.values()] } : {};
      return { type: "ack", channel, seq, ...names };
    });
    this.#waiting.clear();
    return frames;
  }
}
