import {
  ChannelWriter,
  type CommandHandler,
  CommandHandlers,
  type EventOptions,
  type MessageWriter,
  type WriteOptions,
  type WrittenEvent,
} from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol/state";
import {
  type ChangesFrame,
  DeltawireError,
  type Frame,
  type JsonObject,
  type MessageError,
} from "@deltawire/spec";
import type { WriteHost } from "./channel-host.js";
import { errorOf } from "./connection.js";
import { randomId } from "./platform.js";
import { ReadChannel, type ReadChannelOptions } from "./read-channel.js";

/** How a channel is written, and read. */
export interface ChannelOptions extends ReadChannelOptions {
  /**
   * Milliseconds between two frames while changes keep coming; 0 for none.
   *
   * @default 100, and 50 for events
   */
  readonly throttle?: number;
  /** Events that make a frame due. @default 10; none where a throttle is given */
  readonly batch?: number;
}

/** A channel, to read and to write. Made by `connect(url).channel(name)`. */
export class Channel extends ReadChannel {
  readonly #host: WriteHost;
  readonly #writer: ChannelWriter;
  readonly #handlers: CommandHandlers;

  constructor(name: string, host: WriteHost, options: ChannelOptions) {
    super(name, host, options);
    const { link, platform, producer, instance } = host;
    this.#host = host;
    const send = (frame: Frame) => link.send(frame);
    this.#writer = new ChannelWriter(
      name,
      {
        clock: platform.clock,
        identity: { producer, instance },
        produce: send,
        send: (frames, after) => this.#send(frames, after),
        generationOf: (id) => this.state.message(id)?.generation,
        watched: () => this.#writer.acceptCommands(),
        randomId: () => randomId(platform, 20),
        ...(options.batch !== undefined && { batch: options.batch }),
      },
      options.throttle,
    );
    this.#handlers = new CommandHandlers(name, send, (message) => this.#writer.stop(message));
  }

  /**
   * Begins a message, or goes on with one that was begun here.
   *
   * @throws DeltawireError `message_final` where it has ended and `reopen` is not given
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    const message = this.#writer.write(id, options);
    this.#host.use(this);
    return message;
  }

  /**
   * Writes a message that is complete at birth: an event, a question, whatever does not grow. Events
   * go together: a frame is due 50 ms after the one before, or once 10 of them wait.
   *
   * @throws DeltawireError as {@link write}
   */
  event(kind: string, options: EventOptions = {}): WrittenEvent {
    const event = this.#writer.event(kind, options);
    this.#host.use(this);
    return event;
  }

  /** Makes these the channel's attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): void {
    this.#writer.setAttributes(attributes);
    this.#host.use(this);
  }

  /**
   * Ends the channel: nothing can be written to it any more, by anybody.
   *
   * @param error what went wrong, where the channel has failed
   */
  end(reason?: string, error?: MessageError): Promise<void> {
    const ended = this.#writer.end(reason, error);
    this.#host.use(this);
    return ended;
  }

  /** Sends everything that was written. Resolves when the server has it. */
  override flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Carries out commands of a name that come to this channel: each one once, begun in order. One
   * to `stop` aborts the signals of what is being written here, before the handler is called.
   * Returns what stops it.
   */
  onCommand(name: string, handler: CommandHandler): () => void {
    this.#writer.acceptCommands();
    const stop = this.#handlers.on(name, handler);
    this.#host.use(this);
    return stop;
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
  override receive(frame: Frame): void {
    switch (frame.type) {
      case "producing":
        this.#writer.attached(frame);
        return;
      case "ack":
        this.#writer.acknowledge(frame.seq, frame.refused);
        return;
      case "command":
        this.#handlers.receive(frame);
        return;
      case "error":
        if (frame.request !== undefined) super.receive(frame);
        else this.#writer.rejected(errorOf(frame));
        return;
      default:
        super.receive(frame);
    }
  }

  /** Frames go out, perhaps over another connection: asks for what was missed; for the wire. */
  override connected(): void {
    super.connected();
    this.#writer.connected();
  }

  /** Frames do not go out any more; for the wire. */
  override disconnected(): void {
    super.disconnected();
    this.#writer.detached();
  }

  /** There will be no connection any more. Who has closed it here need not be told why. */
  override ended(error: DeltawireError, closedHere: boolean): void {
    this.#writer.fail(error);
    super.ended(error, closedHere);
  }
}
