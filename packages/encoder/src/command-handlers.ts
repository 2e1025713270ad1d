import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type JsonValue,
  LIMITS,
  type MessageError,
  parseDownward,
  toWellFormed,
} from "@deltawire/spec";
import { CommandResults } from "./command-results.js";
import { copyOf } from "./json-copy.js";

/** Commands that are being handled. */
const MAX_RUNNING = 1024;

/** What a handler is told of a command, besides its value. */
export interface Command {
  /** The idempotency key. */
  readonly id: string;
  readonly name: string;
  /** The message that it is about. */
  readonly message?: string;
  /** Who has sent it, as the server knows it. */
  readonly by?: string;
}

/**
 * Carries a command out. What it returns, or resolves with, is the answer: a JSON value or nothing.
 * What it throws is why the command failed; the sender gets its message.
 */
export type CommandHandler = (value: JsonValue | undefined, command: Command) => unknown;

/**
 * The producer's side of commands: begins their handlers in order, without waiting for each other,
 * each command once however often it is delivered, and repeats its result.
 */
export class CommandHandlers {
  readonly #channel: string;
  readonly #send: (result: CommandResultFrame) => void;
  readonly #stop: (message?: string) => boolean;
  readonly #handlers = new Map<string, CommandHandler>();
  readonly #running = new Set<string>();
  readonly #results = new CommandResults();

  /**
   * @param stop what the command `stop` does before its handler, if it has one; returns whether
   *   that is something
   */
  constructor(
    channel: string,
    send: (result: CommandResultFrame) => void,
    stop: (message?: string) => boolean = () => false,
  ) {
    this.#channel = channel;
    this.#send = send;
    this.#stop = stop;
  }

  /** Carries out the commands of a name from now on. Returns what stops it. */
  on(name: string, handler: CommandHandler): () => void {
    this.#handlers.set(name, handler);
    return () => {
      if (this.#handlers.get(name) === handler) this.#handlers.delete(name);
    };
  }

  /** Takes a command that was delivered, perhaps again. */
  receive(frame: CommandFrame): void {
    const key = `${frame.by?.length ?? ""}:${frame.by ?? ""}${frame.id}`;
    const result = this.#results.get(key);
    if (result) this.#send(result);
    if (result || this.#running.has(key)) return;
    if (this.#running.size >= MAX_RUNNING) {
      const message = `${MAX_RUNNING} commands of ${this.#channel} are being carried out already`;
      this.#send(resultOf(frame, { error: { code: "overloaded", message } }));
      return;
    }
    this.#running.add(key);
    void this.#run(key, frame);
  }

  async #run(key: string, frame: CommandFrame): Promise<void> {
    const result = await this.#handle(frame);
    this.#running.delete(key);
    this.#results.remember(key, result);
    this.#send(result);
  }

  /** Begins at once, and never rejects. */
  async #handle(frame: CommandFrame): Promise<CommandResultFrame> {
    const { id, name, value, message, by } = frame;
    const handler = this.#handlers.get(name);
    const isDone = name === "stop" && this.#stop(message);
    if (!handler && isDone) return resultOf(frame, {});
    if (!handler) {
      const what = `nothing handles the command ${name} of ${this.#channel}`;
      return resultOf(frame, { error: { code: "unknown_command", message: what } });
    }
    try {
      const command = {
        id,
        name,
        ...(message !== undefined && { message }),
        ...(by !== undefined && { by }),
      };
      const answer = await handler(value, command);
      const result = {
        ...resultOf(frame, {}),
        ...(answer !== undefined && { value: copyOf(answer) }),
      };
      return parseDownward(result, "bin") as CommandResultFrame; // it keeps the type that it is given
    } catch (error) {
      return resultOf(frame, { error: errorOf(error) });
    }
  }
}

function resultOf(
  { channel, id, by }: CommandFrame,
  outcome: { readonly error?: MessageError },
): CommandResultFrame {
  const status = outcome.error ? "failed" : "done";
  const who = by === undefined ? {} : { by };
  return { type: "command_result", channel, id, status, ...outcome, ...who };
}

function errorOf(error: unknown): MessageError {
  const code = error instanceof DeltawireError ? error.code : "internal";
  const what = error instanceof Error ? error.message : String(error);
  return { code, message: toWellFormed(what.slice(0, LIMITS.max_note_length)) };
}
