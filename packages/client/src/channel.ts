import { type ChannelEvent, ChannelReader } from "@deltawire/decoder";
import { ChannelWriter, type MessageWriter, type WriteOptions } from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol";
import { type ChangesFrame, DeltawireError, type Frame, type JsonObject } from "@deltawire/spec";
import { nextFrame, systemClock } from "./clock.js";
import { errorOf } from "./connection.js";

/** How a channel is written. */
export interface ChannelOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}

/** What a {@link Channel} needs of its connection. */
export interface ChannelHost {
  readonly producer: string;
  send(frame: Frame): void;
}

/** Where the writing side is with the server. */
type Production =
  | { readonly is: "none" }
  | { readonly is: "asked"; readonly queue: ChangesFrame[] }
  | { readonly is: "attached" };

/** A channel, to read and to write. Made by `connect(url).channel(name)`. */
export class Channel {
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #reader: ChannelReader;
  readonly #writer: ChannelWriter;
  #production: Production = { is: "none" };
  #isLost = false;

  constructor(name: string, host: ChannelHost, options: ChannelOptions) {
    this.name = name;
    this.#host = host;
    this.#reader = new ChannelReader(name, {
      open: () => host.send(this.#reader.join()),
      close: () => host.send({ type: "unsubscribe", channel: name }),
      send: (frame) => host.send(frame),
      notify: nextFrame,
    });
    const send = (frames: readonly ChangesFrame[]) => this.#produce(frames);
    this.#writer = new ChannelWriter(name, { clock: systemClock, send }, options.throttle);
  }

  /** The last good state: immutable, and shared where unchanged. Empty until somebody reads. */
  get state(): ChannelState {
    return this.#reader.state;
  }

  /** Whether somebody reads, and the state is as new as the server's last word. */
  get isLive(): boolean {
    return !this.#isLost && this.#reader.isOpen && this.#reader.isLive;
  }

  /** Why reading ended, if it did; {@link state} stays as it was. */
  get error(): DeltawireError | undefined {
    return this.#reader.error;
  }

  /**
   * Calls back after the state, or {@link error}, has changed: at most once an animation frame.
   * The channel opens with the first reader and closes after the last. Returns what stops it.
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
   * Begins a message, or goes on with one that was begun here.
   *
   * @throws DeltawireError `message_final` where it has ended and `reopen` is not given
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    return this.#writer.write(id, options);
  }

  /** Makes these the channel's attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): void {
    this.#writer.setAttributes(attributes);
  }

  /** Ends the channel: nothing can be written to it any more, by anybody. */
  end(reason?: string): Promise<void> {
    return this.#writer.end(reason);
  }

  /** Sends everything that was written. Resolves when the server has it. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  #produce(frames: readonly ChangesFrame[]): void {
    if (this.#production.is === "none") {
      this.#production = { is: "asked", queue: [] };
      this.#host.send({ type: "produce", channel: this.name, producer: this.#host.producer });
    }
    if (this.#production.is === "asked") this.#production.queue.push(...frames);
    else for (const frame of frames) this.#send(frame);
  }

  #send(frame: ChangesFrame): void {
    try {
      this.#host.send(frame);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#writer.fail(error);
    }
  }

  /** Takes a frame of this channel; for the connection. */
  receive(frame: Frame): void {
    switch (frame.type) {
      case "subscribed":
      case "snapshot":
      case "changes":
      case "checkpoint":
        this.#reader.receive(frame);
        return;
      case "producing": {
        const queue = this.#production.is === "asked" ? this.#production.queue : [];
        this.#production = { is: "attached" };
        for (const waiting of queue) this.#send(waiting);
        return;
      }
      case "ack":
        this.#writer.acknowledge(frame.seq, frame.refused);
        return;
      case "error":
        if (frame.request !== undefined) this.#reader.end(errorOf(frame));
        else this.#writer.fail(errorOf(frame));
        return;
      default: // what a newer server may send
    }
  }

  /** The connection is over; for the connection. Who has closed it here need not be told why. */
  lost(error: DeltawireError, closedHere: boolean): void {
    this.#isLost = true;
    this.#writer.fail(error);
    this.#reader.end(closedHere ? undefined : error);
  }
}
