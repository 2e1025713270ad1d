import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type JsonValue,
  parseDownward,
} from "@deltawire/spec";
import type { Clock } from "./clock.js";
import { copyOf } from "./json-copy.js";

/** Milliseconds that a command waits for its answer, where nothing else is said, and at most. */
const DEFAULT_TIMEOUT = 30_000;
const MAX_TIMEOUT = 600_000;

/** Milliseconds more that are waited here, so that the server's own answer is there first. */
const GRACE = 1000;

/** Commands of a channel that wait for an answer. */
const MAX_WAITING = 256;

/** How a command is sent. */
export interface CommandOptions {
  /** Makes it one command however often it is sent, by whatever program run. @default random */
  readonly id?: string;
  /** Milliseconds until there must be an answer, 1 to 600,000. @default 30_000 */
  readonly timeout?: number;
  /** The message that it is about: its producer gets the command. */
  readonly message?: string;
  /** Ends the waiting; what was sent may be carried out all the same. */
  readonly signal?: AbortSignal;
}

/** What {@link CommandCalls} need of their channel. */
export interface CommandHost {
  /** Sends a frame, or drops it while nothing can be sent. */
  send(frame: CommandFrame): void;
  readonly clock: Clock;
  /** An id that nobody else has. */
  randomId(): string;
}

interface Call {
  readonly frame: CommandFrame;
  readonly promise: Promise<JsonValue | undefined>;
  readonly resolve: (value: JsonValue | undefined) => void;
  readonly reject: (reason: unknown) => void;
  readonly release: () => void;
}

/** The consumer's side of commands: keeps them until they are answered, however often the way is lost. */
export class CommandCalls {
  readonly #channel: string;
  readonly #host: CommandHost;
  readonly #calls = new Map<string, Call>();
  #ended: DeltawireError | undefined;

  constructor(channel: string, host: CommandHost) {
    this.#channel = channel;
    this.#host = host;
  }

  /**
   * Asks the producer to do something. Resolves with its answer.
   *
   * @throws by rejection: DeltawireError with the code of what failed, `timeout` where there was no
   *   answer, `overloaded` past 256 commands of this channel without one; the reason of `signal`
   */
  ask(
    name: string,
    value?: JsonValue,
    options: CommandOptions = {},
  ): Promise<JsonValue | undefined> {
    try {
      return this.#ask(name, value, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #ask(name: string, value: JsonValue | undefined, options: CommandOptions) {
    const channel = this.#channel;
    const { id = this.#host.randomId(), timeout, message, signal } = options;
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const known = this.#calls.get(id);
    if (known) return known.promise;
    if (this.#calls.size >= MAX_WAITING) {
      const what = `${MAX_WAITING} commands of ${channel} wait for an answer; wait for some of them`;
      throw new DeltawireError("overloaded", what, { channel });
    }
    const frame = commandFrame({ type: "command", channel, id, name, value, message, timeout });
    const promise = this.#wait(frame, signal);
    this.#host.send(frame);
    return promise;
  }

  #wait(frame: CommandFrame, signal: AbortSignal | undefined): Promise<JsonValue | undefined> {
    const { id, name, channel, timeout = DEFAULT_TIMEOUT } = frame;
    const { promise, resolve, reject } = withResolvers<JsonValue | undefined>();
    const onAbort = () => this.#fail(id, signal?.reason);
    const cancel = this.#host.clock.after(timeout + GRACE, () => {
      const what = `${name}: no answer of ${channel} within ${timeout} ms; it may still be carried out`;
      this.#fail(id, new DeltawireError("timeout", what, { channel }));
    });
    const release = () => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort);
    this.#calls.set(id, { frame, promise, resolve, reject, release });
    return promise;
  }

  /** Sends what has no answer once more: the way to the server is another one. */
  resend(): void {
    for (const { frame } of this.#calls.values()) this.#host.send(frame);
  }

  /** Takes what the server says of a command. */
  receive({ id, status, value, error }: CommandResultFrame): void {
    const call = this.#calls.get(id);
    if (!call || status === "accepted") return;
    if (status === "done") {
      this.#take(call);
      call.resolve(value);
      return;
    }
    const { code = "internal", message = "the command failed" } = error ?? {};
    const known = DeltawireError.codeOf(code);
    const what = known === code ? message : `${code}: ${message}`;
    this.#fail(id, new DeltawireError(known, what, { channel: this.#channel }));
  }

  /** There will be no answer any more, to these and to any other. */
  end(error: DeltawireError): void {
    this.#ended ??= error;
    for (const id of [...this.#calls.keys()]) this.#fail(id, this.#ended);
  }

  #fail(id: string, reason: unknown): void {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#take(call);
    call.reject(reason);
  }

  #take({ frame, release }: Call): void {
    release();
    this.#calls.delete(frame.id);
  }
}

/**
 * The frame with those of its fields that are stated.
 *
 * @throws DeltawireError where it is not what the protocol takes
 */
function commandFrame(
  fields: {
    readonly [Key in keyof CommandFrame]: CommandFrame[Key] | undefined;
  },
): CommandFrame {
  const { timeout = 1 } = fields;
  if (!(timeout >= 1 && timeout <= MAX_TIMEOUT)) {
    const what = `the timeout of a command is 1 to ${MAX_TIMEOUT} ms`;
    throw new DeltawireError("malformed", what, { path: "/timeout" });
  }
  const stated = Object.entries(fields).filter(([, field]) => field !== undefined);
  const frame = parseDownward(copyOf(Object.fromEntries(stated)), "bin");
  if (frame.type !== "command") throw new TypeError("not a command"); // it is what was given
  return frame;
}

/** ECMAScript 2024's `Promise.withResolvers`. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
