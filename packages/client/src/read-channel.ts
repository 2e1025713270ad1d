import { type ChannelEvent, ChannelReader, type ReceivedFrame } from "@deltawire/decoder";
import type { CommandCalls, CommandOptions } from "@deltawire/encoder/commands";
import type { ChannelState } from "@deltawire/protocol/state";
import {
  type Change,
  checkJson,
  type DeltawireError,
  type Filter,
  type Frame,
  type JsonValue,
} from "@deltawire/spec";
import type { ChannelHost } from "./channel-host.js";
import { lostHistory } from "./connection.js";
import { randomId } from "./platform.js";
import { backoff } from "./reconnection.js";
import { type ChannelStatus, isSame } from "./status.js";

/** How a channel is read. */
export interface ReadChannelOptions {
  /** Messages to begin with, the last ones; {@link ReadChannel.earlier} loads more. @default all */
  readonly last?: number;
  /** Which messages are wanted; the server sends nothing of others. @default all of them */
  readonly filter?: Filter;
}

/** A channel, to read. Made by `connect(url).channel(name)` of `@deltawire/client/reader`. */
export class ReadChannel {
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #reader: ChannelReader;
  /** Once something was asked for. */
  #calls: CommandCalls | undefined;
  #status: ChannelStatus = { is: "idle" };
  #ended: DeltawireError | undefined;
  /** Why what is shown is stale though there is a connection, and since when. */
  #lost: (ChannelStatus & { readonly is: "stale" }) | undefined;
  #refusals = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(name: string, host: ChannelHost, options: ReadChannelOptions = {}) {
    const { last } = options;
    const filter = takeFilter(options.filter);
    this.name = name;
    this.#host = host;
    const send = (frame: Frame) => host.link.send(frame);
    this.#reader = new ChannelReader(
      name,
      {
        open: () => this.#open(),
        close: () => this.#close(),
        send,
        notify: host.notify,
        composing: host.composing,
        retry: () => this.#joinLater(),
      },
      { ...(last !== undefined && { last }), ...(filter && { filter }) },
    );
  }

  /**
   * The last good state: immutable, and shared where unchanged. Empty until somebody reads, and
   * again where nobody does any more and 32 other channels were left since.
   */
  get state(): ChannelState {
    return this.#reader.state;
  }

  /** What the next frame is applied to; for the wire. */
  get replica(): ChannelState | undefined {
    return this.#reader.replica;
  }

  /** Which messages are wanted; undefined for all of them. */
  get filter(): Filter | undefined {
    return this.#reader.filter;
  }

  /**
   * From now on others are wanted. {@link state} stays as it is until they are there, and
   * {@link status} is `catching_up` meanwhile. All who read this channel by this wire see the same.
   *
   * What the server does not take for a filter ends the reading, until there is another one:
   * {@link status} is `stopped` with its error.
   *
   * @throws DeltawireError `malformed`, `forbidden_key` or `ill_formed_text` for what is not JSON
   */
  setFilter(filter: Filter | undefined): void {
    this.#reader.want(takeFilter(filter));
    this.refresh();
  }

  /** How reading is: the same object until that changes. */
  get status(): ChannelStatus {
    return this.#status;
  }

  /** Whether somebody reads, and the state is as new as the server's last word. */
  get isLive(): boolean {
    return this.#host.link.isOpen && this.#reader.isLive;
  }

  /** Whether it is live, or nobody reads; for the wire. */
  get isCaughtUp(): boolean {
    return !this.#reader.isOpen || this.#reader.isLive || this.#reader.error !== undefined;
  }

  /** Why reading ended, if it did; {@link state} stays as it was. */
  get error(): DeltawireError | undefined {
    return this.#reader.error;
  }

  /**
   * Calls back after the state, {@link status} or {@link error} has changed: at most once an
   * animation frame. The channel opens with the first reader and closes after the last. Returns
   * what stops it.
   */
  subscribe(listener: () => void): () => void {
    return this.#reader.subscribe(listener);
  }

  /**
   * Composed changes as they come, beginning with a reset to the present state; for those who
   * patch a view themselves. A slow reader gets fewer, larger events.
   *
   * @throws DeltawireError from the iteration, where reading ends by an error, and
   *   `connection_lost` where the code that adds changes up cannot be loaded
   */
  changes(): AsyncIterableIterator<ChannelEvent> {
    return this.#reader.changes();
  }

  /**
   * Tells the changes of each frame, uncomposed and at once, and undefined where the state was
   * replaced. The channel does not open for it: see {@link subscribe}. Returns what stops it.
   */
  observe(observer: (changes: readonly Change[] | undefined) => void): () => void {
    const release = this.#host.observe(this);
    const stop = this.#reader.observe(observer);
    return () => {
      release();
      stop();
    };
  }

  /**
   * Loads messages before the first one of {@link state}, where that began with the `last` ones:
   * `state.earlier` says how many there are.
   *
   * @param count how many at most; the server may give fewer at once
   * @throws by rejection: DeltawireError, `connection_lost` while the channel is not live
   */
  earlier(count: number): Promise<void> {
    const Pages = this.#host.paging();
    if (!(Pages instanceof Promise)) return this.#reader.history(count, Pages);
    return Pages.then((Pages) => this.#reader.history(count, Pages));
  }

  /**
   * Asks whoever writes the channel to do something; resolves with the answer. It is sent again
   * after the connection was lost, and carried out once all the same.
   *
   * @throws by rejection: DeltawireError with the code of what failed: `timeout` without an answer
   *   in time, `unknown_command` where nothing handles it, `forbidden`, `overloaded` past 256
   *   commands of this channel without an answer; and the reason of `options.signal`
   */
  async command(
    name: string,
    value?: JsonValue,
    options?: CommandOptions,
  ): Promise<JsonValue | undefined> {
    this.#host.use(this);
    const loading = this.#host.commanding();
    if (!(loading instanceof Promise)) return this.#callsBy(loading).ask(name, value, options);
    const asked = structuredClone(value); // what becomes of it meanwhile is not what was asked for
    return this.#callsBy(await loading).ask(name, asked, options);
  }

  #callsBy(Calls: typeof CommandCalls): CommandCalls {
    if (this.#calls) return this.#calls;
    const { link, platform } = this.#host;
    this.#calls = new Calls(this.name, {
      clock: platform.clock,
      send: (frame) => link.send(frame),
      randomId: () => randomId(platform, 20),
    });
    if (this.#ended) this.#calls.end(this.#ended);
    return this.#calls;
  }

  /** Resolves when the server has everything that was written; for the wire. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets go of the state, unless somebody reads; for the wire. */
  forget(): void {
    this.#reader.forget();
  }

  #open(): void {
    this.#host.read(this);
    if (this.#host.link.isOpen) this.#join();
    this.refresh();
  }

  #unsubscribe(): void {
    this.#host.link.send({ type: "unsubscribe", channel: this.name });
  }

  #close(): void {
    this.#unsubscribe();
    this.#host.leave(this);
    this.#stayAway();
    this.refresh();
  }

  /** Takes a frame of this channel; for the wire. */
  receive(frame: Frame): void {
    switch (frame.type) {
      case "subscribed":
      case "snapshot":
      case "changes":
      case "checkpoint":
      case "history_page":
        this.#read(frame);
        return;
      case "command_result":
        this.#calls?.receive(frame);
        return;
      case "error":
        if (frame.request === undefined) return;
        this.#read(frame);
        // What a filter was to replace that is none goes on at the server.
        if (this.#reader.error?.group === "correct") this.#unsubscribe();
        return;
      default: // what is for who writes, and what a newer server may send
    }
  }

  #read(frame: ReceivedFrame): void {
    const { isLive, isStale } = this.#reader;
    this.#reader.receive(frame);
    if (!isLive && this.#reader.isLive) this.#refusals = 0;
    const isSame = isLive === this.#reader.isLive && isStale === this.#reader.isStale;
    if (!isSame || frame.type === "error") this.refresh();
  }

  #join(): void {
    this.#stayAway();
    if (this.#reader.isOpen && !this.#reader.error) this.#host.link.send(this.#reader.join());
  }

  /** What was asked for is not to be had now. */
  #joinLater(): void {
    const { clock, random } = this.#host.platform;
    this.#stayAway();
    this.#cancelRetry = clock.after(backoff(this.#refusals, random()), () => this.#join());
    this.#refusals += 1;
  }

  #stayAway(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Frames go out, perhaps over another connection: asks for what was missed; for the wire. */
  connected(): void {
    this.#join();
    this.#calls?.resend();
    this.refresh();
  }

  /** Frames do not go out any more; for the wire. */
  disconnected(): void {
    this.#stayAway();
    this.#refusals = 0;
    this.#reader.lost();
    this.refresh();
  }

  /** There will be no connection any more. Who has closed it here need not be told why. */
  ended(error: DeltawireError, closedHere: boolean): void {
    this.#ended ??= error;
    this.#stayAway();
    this.#calls?.end(error);
    this.#reader.end(closedHere ? undefined : error);
    this.refresh();
  }

  /** Looks whether its status is another one; for the wire. */
  refresh(): void {
    const status = this.#present();
    const before = this.#status;
    if (isSame(status, before)) return;
    this.#status = status;
    if (before.is !== "idle") this.#reader.notify(); // who begins to read knows
    this.#host.changed();
  }

  #present(): ChannelStatus {
    const error = this.#reader.error ?? this.#ended;
    if (error) return { is: "stopped", error };
    if (!this.#reader.isOpen) return { is: "idle" };
    if (!this.#reader.isStale) this.#lost = undefined;
    else
      this.#lost ??= { is: "stale", since: this.#host.platform.clock.now(), error: lostHistory() };
    if (this.isLive) return this.#lost ?? { is: "live" };
    const status = this.#host.status();
    if (status.is === "offline") return { ...status, is: "stale" };
    return status.is === "stopped" ? status : { is: "catching_up" };
  }
}

/** Whether it is a filter only the server judges: it says so for what is JSON, and nothing is left out. */
function takeFilter(filter: Filter | undefined): Filter | undefined {
  if (filter !== undefined) checkJson(filter, "/filter");
  return filter;
}
