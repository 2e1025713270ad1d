import type { Clock } from "@deltawire/encoder";
import { type Change, DeltawireError, type MessageError } from "@deltawire/spec";
import type { DemandRule } from "./channel-rules.js";
import { afterLong } from "./expiry.js";
import type { HostedChannel } from "./hosted-channel.js";
import { ServerChannel } from "./server-channel.js";

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
  /** The loader has returned, or its time is over: another one may run. */
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
  readonly #channel: ServerChannel;
  readonly #abort = new AbortController();
  readonly #cancelTimeout: () => void;
  readonly #cancelStart: () => void;
  #hasBegun = false;
  #isOver = false;
  #isSettled = false;

  constructor(host: LoadHost) {
    const { clock, hosted, producer, rule } = host;
    this.#host = host;
    this.#channel = new ServerChannel(hosted.name, { clock, producer, open: () => hosted }, {});
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
    this.#channel.finish(error).catch(() => undefined); // its loader may have ended it
    if (!hosted.state.closed) hosted.run((engine) => engine.change(endOf(hosted, error)));
    const channel = hosted.name;
    this.#channel.fail(new DeltawireError("channel_closed", "the channel is made", { channel }));
    finished(hosted.state.closed?.error ?? error);
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimeout();
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
  }
}

/** What clients are told of an error: of one that is not meant for them, nothing. */
function errorOf(error: unknown): MessageError {
  if (error instanceof DeltawireError) return { code: error.code, message: error.message };
  return { code: "internal", message: "the server failed to make the channel" };
}

/** The end of what is open, and of the channel. */
function endOf({ state }: HostedChannel, error: MessageError | undefined): Change[] {
  const open = state.messages.filter(({ isFinal }) => !isFinal);
  const ended = open.map((message) =>
    message.withStatus(error ? "failed" : "completed", error).completion(),
  );
  return [...ended, { type: "channel_closed", ...(error && { error }) }];
}
