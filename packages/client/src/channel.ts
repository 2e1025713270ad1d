import { type ChannelEvent, ChannelReader, type ReceivedFrame } from "@deltawire/decoder";
import {
  ChannelWriter,
  type CommandHandler,
  type CommandOptions,
  type MessageWriter,
  type WriteOptions,
} from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol";
import {
  type ChangesFrame,
  DeltawireError,
  type Frame,
  type JsonObject,
  type JsonValue,
} from "@deltawire/spec";
import type { ChannelHost } from "./channel-host.js";
import { Commands } from "./commands.js";
import { errorOf, lostHistory } from "./connection.js";
import { backoff } from "./reconnection.js";
import { type ChannelStatus, isSame } from "./status.js";

/** How a channel is written, and read. */
export interface ChannelOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
  /** Messages to begin with, the last ones; {@link Channel.earlier} loads more. @default all */
  readonly last?: number;
}

/** A channel, to read and to write. Made by `connect(url).channel(name)`. */
export class Channel {
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #reader: ChannelReader;
  readonly #writer: ChannelWriter;
  readonly #commands: Commands;
  #status: ChannelStatus = { is: "idle" };
  #ended: DeltawireError | undefined;
  /** Why what is shown is stale though there is a connection, and since when. */
  #lost: (ChannelStatus & { readonly is: "stale" }) | undefined;
  #refusals = 0;
  readonly #forget = () => this.#reader.forget();
  #cancelRetry: (() => void) | undefined;

  constructor(name: string, host: ChannelHost, options: ChannelOptions) {
    this.name = name;
    this.#host = host;
    const { clock } = host.platform;
    const { last } = options;
    this.#reader = new ChannelReader(
      name,
      {
        open: () => this.#open(),
        close: () => this.#close(),
        send: (frame) => host.link.send(frame),
        notify: host.notify,
        retry: () => this.#joinLater(),
      },
      last === undefined ? {} : { last },
    );
    const { producer, instance } = host;
    this.#writer = new ChannelWriter(
      name,
      {
        clock,
        identity: { producer, instance },
        produce: (frame) => host.link.send(frame),
        send: (frames, after) => this.#send(frames, after),
        generationOf: (id) => this.state.message(id)?.generation,
        watched: () => this.#writer.acceptCommands(),
      },
      options.throttle,
    );
    this.#commands = new Commands(name, {
      platform: host.platform,
      send: (frame) => host.link.send(frame),
      accept: () => this.#writer.acceptCommands(),
      stop: (message) => this.#writer.stop(message),
    });
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
   * @throws DeltawireError from the iteration, where reading ends by an error
   */
  changes(): AsyncIterableIterator<ChannelEvent> {
    return this.#reader.changes();
  }

  /**
   * Loads messages before the first one of {@link state}, where that began with the `last` ones:
   * `state.earlier` says how many there are.
   *
   * @param count how many at most; the server may give fewer at once
   * @throws by rejection: DeltawireError, `connection_lost` while the channel is not live
   */
  earlier(count: number): Promise<void> {
    return this.#reader.history(count);
  }

  /**
   * Begins a message, or goes on with one that was begun here.
   *
   * @throws DeltawireError `message_final` where it has ended and `reopen` is not given
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    const message = this.#writer.write(id, options);
    this.#host.link.need();
    return message;
  }

  /** Makes these the channel's attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): void {
    this.#writer.setAttributes(attributes);
    this.#host.link.need();
  }

  /** Ends the channel: nothing can be written to it any more, by anybody. */
  end(reason?: string): Promise<void> {
    const ended = this.#writer.end(reason);
    this.#host.link.need();
    return ended;
  }

  /** Sends everything that was written. Resolves when the server has it. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Asks whoever writes the channel to do something; resolves with the answer. It is sent again
   * after the connection was lost, and carried out once all the same.
   *
   * @throws by rejection: DeltawireError with the code of what failed: `timeout` without an answer
   *   in time, `unknown_command` where nothing handles it, `forbidden`, `overloaded` past 256
   *   commands of this channel without an answer; and the reason of `options.signal`
   */
  command(
    name: string,
    value?: JsonValue,
    options?: CommandOptions,
  ): Promise<JsonValue | undefined> {
    const answer = this.#commands.ask(name, value, options);
    this.#host.link.need();
    return answer;
  }

  /**
   * Carries out commands of a name that come to this channel: each one once, begun in order. One
   * to `stop` aborts the signals of what is being written here, before the handler is called.
   * Returns what stops it.
   */
  onCommand(name: string, handler: CommandHandler): () => void {
    const stop = this.#commands.on(name, handler);
    this.#host.link.need();
    return stop;
  }

  #open(): void {
    this.#host.read(this.#forget, true);
    this.#host.link.need();
    if (this.#host.link.isOpen) this.#join();
    this.refresh();
  }

  #close(): void {
    this.#host.link.send({ type: "unsubscribe", channel: this.name });
    this.#host.read(this.#forget, false);
    this.#stayAway();
    this.refresh();
  }

  /** @param after what the first one leads to, where it says more than the others need */
  #send(frames: readonly ChangesFrame[], after?: ChannelState): void {
    try {
      frames.forEach((frame, i) => {
        this.#host.link.send(frame, i === 0 ? after : undefined);
      });
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#writer.fail(error);
    }
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
      case "producing":
        this.#writer.attached(frame);
        return;
      case "ack":
        this.#writer.acknowledge(frame.seq, frame.refused);
        return;
      case "command":
      case "command_result":
        this.#commands.receive(frame);
        return;
      case "error":
        if (frame.request !== undefined) this.#read(frame);
        else this.#writer.rejected(errorOf(frame));
        return;
      default: // what a newer server may send
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
    this.#writer.connected();
    this.#commands.connected();
    this.refresh();
  }

  /** Frames do not go out any more; for the wire. */
  disconnected(): void {
    this.#stayAway();
    this.#refusals = 0;
    this.#reader.lost();
    this.#writer.detached();
    this.refresh();
  }

  /** There will be no connection any more. Who has closed it here need not be told why. */
  ended(error: DeltawireError, closedHere: boolean): void {
    this.#ended ??= error;
    this.#stayAway();
    this.#writer.fail(error);
    this.#commands.end(error);
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
