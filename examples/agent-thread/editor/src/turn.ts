import { setTimeout as wait } from "node:timers/promises";
import type { Channel, Message, MessageWriter } from "@deltawire/client";
import type { Recording, Step } from "./recording.js";

/** A recording that is played into a thread, as the agent's turn. */
export class Turn {
  readonly #channel: Channel;
  readonly #prefix: string;
  readonly #writers = new Map<string, MessageWriter>();
  readonly #stopping = new AbortController();

  /** @param prefix makes ids of entries unique in the thread */
  constructor(channel: Channel, prefix: string) {
    this.#channel = channel;
    this.#prefix = prefix;
  }

  /** Stops one entry, which the rest of the turn then leaves out, or without a message everything. */
  stop(message?: string): void {
    if (message === undefined) this.#stopping.abort();
    for (const writer of this.#open) {
      if (message === undefined || writer.id === message) void writer.cancel();
    }
  }

  get #open(): readonly MessageWriter[] {
    return [...this.#writers.values()].filter(({ ended }) => !ended);
  }

  /**
   * Plays the steps, one each `pace` milliseconds. Resolves when the server has what came of it.
   *
   * @throws DeltawireError where the thread, or what a step says, cannot be written
   */
  async play({ steps }: Recording, pace: number): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for (const step of steps) {
        await wait(pace, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        this.#take(step);
      }
    } finally {
      for (const writer of this.#open) void writer.complete();
    }
    await this.#channel.flush();
  }

  #take({ entry, kind, attributes, splice, append, ends }: Step): void {
    const before = this.#writers.get(entry);
    if (before?.message.status === "cancelled") return; // somebody has stopped it
    const writer = before?.ended === false ? before : this.#begin(entry, kind, before?.message);
    if (attributes) writer.setAttributes({ ...writer.message.attributes, ...attributes });
    if (splice) writer.splice(...splice);
    if (append !== undefined) writer.append(append);
    if (ends || before?.ended) void writer.complete();
  }

  /** An entry that has ended is begun again with what it held. */
  #begin(entry: string, kind = "text", before?: Message): MessageWriter {
    const writer = this.#channel.write(`${this.#prefix}-${entry}`, {
      kind: before?.kind ?? kind,
      attributes: before?.attributes ?? {},
      reopen: before !== undefined,
    });
    this.#writers.set(entry, writer);
    return before ? writer.set(before.text) : writer;
  }
}
