import { DeltawireError, type ErrorCode, type MessageAdded } from "@deltawire/spec";
import { copyOf } from "./json-copy.js";
import type { WriteOptions } from "./writer-host.js";

/** Ended messages of which a writer remembers the generation. */
const MAX_ENDED = 1024;

/** How a message ended. */
interface Ended {
  readonly generation: number;
  readonly code: "message_final" | "message_removed" | "not_owner";
}

/** Which generation of a message comes next: remembers those that have ended, up to a bound. */
export class Generations {
  readonly #channel: string;
  readonly #ended = new Map<string, Ended>();

  constructor(channel: string) {
    this.#channel = channel;
  }

  ended(id: string, generation: number, code: Ended["code"]): void {
    this.#ended.delete(id);
    this.#ended.set(id, { generation, code });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** The server has said that this generation of a message is over. */
  refused(id: string, generation: number, code: ErrorCode): void {
    if (code === "message_removed" || code === "not_owner") this.ended(id, generation, code);
    if (code === "message_final" || code === "stale_generation") {
      this.ended(id, generation, "message_final");
    }
  }

  begun(id: string): void {
    this.#ended.delete(id);
  }

  /**
   * The generation in which to begin a message.
   *
   * @param known the last one that is known elsewhere
   * @throws DeltawireError `message_final` or `message_removed` where it has ended, unless it is to
   *   be begun again
   */
  next(id: string, known: number | undefined, reopen: boolean): number {
    const ended = this.#ended.get(id);
    if (!reopen && ended && ended.code !== "not_owner") {
      const how = ended.code === "message_final" ? "has ended" : "was removed";
      const what = `message ${id} ${how}; ${REOPEN}`;
      throw new DeltawireError(ended.code, what, { channel: this.#channel });
    }
    const last = Math.max(ended?.generation ?? -1, known ?? -1);
    return reopen ? last + 1 : Math.max(last, 0);
  }
}

/** What begins a message in a generation. */
export const beginningOf = (
  id: string,
  generation: number,
  { role = "assistant", kind, attributes }: WriteOptions,
): MessageAdded => ({
  type: "message_added",
  id,
  generation,
  role,
  ...(kind !== undefined && { kind }),
  ...(attributes && { attributes: copyOf(attributes) }),
  parts: [],
});

const REOPEN = "to begin it again, write it with { reopen: true }";

/** The server has dropped changes to a message. */
export function refusalOf(
  channel: string,
  { message, code, count }: { message: string; code: string; count: number },
): DeltawireError {
  const known = DeltawireError.codeOf(code);
  const hints: Partial<Record<ErrorCode, string>> = {
    message_final: `: it has ended; ${REOPEN}`,
    message_removed: `: it was removed; ${REOPEN}`,
    stale_generation: `: it was begun again since; ${REOPEN}`,
    not_owner: ": another producer has it; write it to take it over",
  };
  const what = `the server refused ${count} changes to message ${message}${hints[known] ?? ""}`;
  return new DeltawireError(known, what, { channel });
}
