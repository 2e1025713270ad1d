import { setTimeout as wait } from "node:timers/promises";
import type { Channel, MessageWriter } from "@deltawire/client";
import type { Recording, Step } from "./recording.js";

/** A recording that is played into a thread, as the agent's turn. */
export class Turn {
  readonly #channel: Pick<Channel, "write">;
  readonly #prefix: string;
  readonly #writers = new Map<string, MessageWriter>();
  readonly #stop = new AbortController();
  readonly #stopped = new Set<string>();

  /** @param prefix makes ids of entries unique in the thread */
  constructor(channel: Pick<Channel, "write">, prefix: string) {
    this.#channel = channel;
    this.#prefix = prefix;
  }

  /** Stops one entry, which the rest of the turn then leaves out, or without a message everything. */
  stop(message?: string): void {
    if (message === undefined) this.#stop.abort();
    else this.#stopped.add(message);
    for (const writer of this.#writers.values()) {
      if (message === undefined || writer.id === message) void end(writer, "cancelled");
    }
  }

  /**
   * Plays the steps, one each `step` milliseconds. Resolves when the server has what came of it.
   *
   * @throws DeltawireError where the thread cannot be written
   */
  async play({ steps }: Recording, step: number): Promise<void> {
    for (const each of steps) {
      await wait(step, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) break;
      if (!this.#stopped.has(this.#idOf(each))) this.#take(each);
    }
    const how = this.#stop.signal.aborted ? "cancelled" : "completed";
    await Promise.all([...this.#writers.values()].map((writer) => end(writer, how)));
  }

  #idOf = ({ entry }: Step): string => `${this.#prefix}-${entry}`;

  #take(step: Step): void {
    const before = this.#writers.get(step.entry);
    const isLate = before?.ended === true;
    const writer = isLate || !before ? this.#begin(step, before) : before;
    const { tool_name, tool_status, set, splice, append } = step;
    if (tool_name !== undefined || tool_status !== undefined) {
      writer.setAttributes({ ...writer.message.attributes, ...toolOf(step) });
    }
    if (set !== undefined) writer.set(set);
    if (splice) writer.splice(...splice);
    if (append !== undefined) writer.append(append);
    const how = step.end ?? (isLate ? "completed" : undefined);
    if (how) void end(writer, how);
  }

  /** An entry that has ended is begun again with what it held. */
  #begin(step: Step, before: MessageWriter | undefined): MessageWriter {
    const {
      kind = step.type ?? "text",
      attributes = toolOf(step),
      text = "",
    } = before?.message ?? {};
    const writer = this.#channel.write(this.#idOf(step), {
      role: "assistant",
      kind,
      attributes,
      reopen: before !== undefined,
    });
    this.#writers.set(step.entry, writer);
    return text === "" ? writer : writer.set(text);
  }
}

/** What a step says of a tool; what it does not say stays. */
const toolOf = ({
  tool_name,
  tool_status,
}: Step): { tool_name?: string; tool_status?: string } => ({
  ...(tool_name !== undefined && { tool_name }),
  ...(tool_status !== undefined && { tool_status }),
});

function end(writer: MessageWriter, how: NonNullable<Step["end"]>): Promise<void> {
  if (writer.ended) return Promise.resolve();
  if (how === "cancelled") return writer.cancel();
  if (how === "completed") return writer.complete();
  return writer.fail({ code: "tool_failed" });
}
