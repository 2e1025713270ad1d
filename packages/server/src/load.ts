import type { Clock } from "@deltawire/encoder";
import {
  type Change,
  type ChannelClosed,
  DeltawireError,
  LIMITS,
  type MessageError,
  toWellFormed,
} from "@deltawire/spec";
import type { DemandRule } from "./channel-rules.js";
import { Retention } from "./engine/retention.js";
import { afterLong } from "./expiry.js";
import type { HostedChannel } from "./hosted-channel.js";
import { ServerChannel } from "./server-channel.js";
import type { ServerChannelHost } from "./server-channel-host.js";

/** Milliseconds after which a loader that was aborted counts no more, though it has not returned. */
const ABORTED = 30_000;

/** What a {@link Load} needs of its channel. */
export interface LoadHost {
  readonly clock: Clock;
  readonly hosted: HostedChannel;
  readonly producer: string;
  readonly rule: DemandRule;
  readonly params: readonly string[];
  /** The loader threw what is no DeltawireError. */
  report(error: unknown): void;
  /** The channel is closed; with an error where it could not be made. Not told once it is aborted. */
  finished(error: MessageError | undefined): void;
  /** The loader has returned, its time is over, or it was aborted long ago: another one may run. */
  settled(): void;
}

/**
 * One run of a loader.
 *
 * 1. It ends once: by its loader, its time, or {@link abort}.
 * 2. Whatever the loader does after that comes to nothing.
 */
export class Load {
  readonly #host: LoadHost;
  readonly #channel: LoadedChannel;
  readonly #abort = new AbortController();
  readonly #cancelTimeout: () => void;
  readonly #cancelStart: () => void;
  #cancelPatience: () => void = () => undefined;
  #hasBegun = false;
  #isOver = false;
  #isSettled = false;

  constructor(host: LoadHost) {
    const { clock, hosted, producer, rule } = host;
    this.#host = host;
    const writing = { clock, producer, open: () => hosted };
    this.#channel = new LoadedChannel(hosted.name, writing, () => this.#retain());
    this.#cancelStart = clock.after(0, () => void this.#run());
    this.#cancelTimeout = afterLong(clock, rule.timeout, () => this.#expire());
  }

  async #run(): Promise<void> {
    const { rule, params, report } = this.#host;
    this.#hasBegun = true;
    try {
      await rule.load(this.#channel, { signal: this.#abort.signal, params });
      this.#finish();
    } catch (error) {
      if (!this.#isOver && !(error instanceof DeltawireError)) report(error);
      this.#finish(errorOf(error));
    } finally {
      this.#settle();
    }
  }

  #expire(): void {
    const { hosted, rule } = this.#host;
    const what = `the channel was not made within ${rule.timeout} ms`;
    const error = new DeltawireError("timeout", what, { channel: hosted.name });
    const isLate = !this.#isOver;
    this.#settle();
    if (!isLate) return;
    this.#finish(errorOf(error));
    this.#abort.abort(error);
  }

  /** Ends what is open, and the channel: in this turn, since it is in memory. */
  #finish(error?: MessageError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { hosted, finished } = this.#host;
    this.#channel.settle(error);
    this.#retain();
    const { ending = error ? { error } : {} } = this.#channel;
    if (!hosted.state.closed) {
      hosted.run((engine) => engine.change([...endOfOpen(hosted, error), closed(ending)]));
    }
    const channel = hosted.name;
    this.#channel.fail(new DeltawireError("channel_closed", "the channel is made", { channel }));
    finished(hosted.state.closed?.error ?? error);
  }

  /** The channel is about to end, and nothing goes from one that has: its bounds hold now. */
  #retain(): void {
    const { clock, hosted, rule } = this.#host;
    if (!rule.retention) return;
    const now = clock.now();
    const retention = new Retention(rule.retention, now);
    for (;;) {
      const { state } = hosted;
      const expired = retention.expire(state, hosted.engine.ended, now);
      if (expired.length === 0) return;
      hosted.run((engine) => engine.remove(expired, state));
    }
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimeout();
    this.#cancelPatience();
    this.#host.settled();
  }

  /** Nobody wants it any more. The channel is left as it is. */
  abort(reason: DeltawireError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelStart();
    this.#channel.fail(reason);
    this.#abort.abort(reason);
    if (!this.#hasBegun) this.#settle();
    else if (!this.#isSettled) {
      this.#cancelPatience = this.#host.clock.after(ABORTED, () => this.#settle());
    }
  }
}

/** The channel that its loader writes. */
class LoadedChannel extends ServerChannel {
  readonly #beforeEnd: () => void;
  /** What its loader has ended it with. */
  ending: Omit<ChannelClosed, "type"> | undefined;

  constructor(name: string, host: ServerChannelHost, beforeEnd: () => void) {
    super(name, host, {});
    this.#beforeEnd = beforeEnd;
  }

  override end(reason?: string, error?: MessageError): Promise<void> {
    this.ending ??= {
      ...(reason !== undefined && { reason: bounded(reason) }),
      ...(error && { error: boundedError(error) }),
    };
    const ended = this.#end(reason, error);
    ended.catch(() => undefined); // nobody has to wait for it
    return ended;
  }

  async #end(reason?: string, error?: MessageError): Promise<void> {
    await this.flush();
    if (this.state.closed) return; // its loader has returned meanwhile
    this.#beforeEnd();
    await super.end(reason, error);
  }
}

/** What clients are told of an error: of one that is not meant for them, nothing. */
function errorOf(error: unknown): MessageError {
  if (!(error instanceof DeltawireError)) {
    return { code: "internal", message: "the server failed to make the channel" };
  }
  return boundedError(error);
}

const boundedError = ({ code, message }: MessageError): MessageError => ({
  code,
  ...(message !== undefined && { message: bounded(message) }),
});

const bounded = (note: string): string => toWellFormed(note.slice(0, LIMITS.max_note_length));

/** The end of what is open. */
const endOfOpen = ({ state }: HostedChannel, error: MessageError | undefined): Change[] =>
  state.messages
    .filter(({ isFinal }) => !isFinal)
    .map((message) => message.withStatus(error ? "failed" : "completed", error).completion());

const closed = (ending: Omit<ChannelClosed, "type">): ChannelClosed => ({
  type: "channel_closed",
  ...ending,
});
