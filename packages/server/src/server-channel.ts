import { type ChannelEvent, ChannelReader } from "@deltawire/decoder";
import {
  ChannelWriter,
  type Clock,
  CommandCalls,
  type CommandHandler,
  CommandHandlers,
  type CommandOptions,
  type MessageWriter,
  type WriteOptions,
} from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol";
import {
  type ChangesFrame,
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type JsonObject,
  type JsonValue,
} from "@deltawire/spec";
import type { Asker, Taker } from "./channel-commands.js";
import type { HostedChannel } from "./hosted-channel.js";
import { LocalConsumer } from "./local-consumer.js";

/** How a channel is written from inside the server. */
export interface ServerChannelOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}

/** A channel, read and written in the server's own process. The same calls as in a client. */
export class ServerChannel {
  readonly name: string;
  readonly #hosted: HostedChannel;
  readonly #writer: ChannelWriter;
  readonly #reader: ChannelReader;
  readonly #producer: string;
  readonly #token: number;
  readonly #calls: CommandCalls;
  readonly #handlers: CommandHandlers;
  readonly #taker: Taker;
  #takesCommands = false;

  constructor(
    name: string,
    hosted: HostedChannel,
    producer: string,
    clock: Clock,
    options: ServerChannelOptions,
  ) {
    this.name = name;
    this.#hosted = hosted;
    this.#producer = producer;
    const fence = (error: DeltawireError) => this.#writer.fail(error);
    this.#token = hosted.attach(producer, { fence }).token;
    const send = (frames: readonly ChangesFrame[]) => this.#append(frames);
    const watched = () => this.#takeCommands();
    this.#writer = new ChannelWriter(name, { clock, send, watched }, options.throttle);
    const consumer = new LocalConsumer(hosted, (frame) => this.#reader.receive(frame));
    this.#reader = new ChannelReader(name, {
      open: () => consumer.ask(this.#reader.join()),
      close: () => consumer.leave(),
      send: (frame) => consumer.ask(frame),
      notify: (run) => clock.after(0, run),
    });
    const asker: Asker = { onResult: (frame) => this.#calls.receive(frame) };
    this.#calls = new CommandCalls(name, {
      clock,
      send: (frame) => hosted.commands.ask(asker, undefined, frame),
      randomId: () => crypto.randomUUID(),
    });
    this.#handlers = new CommandHandlers(
      name,
      (frame) => this.#resolve(frame),
      (message) => this.#writer.stop(message),
    );
    const onCommand = (frame: CommandFrame) => this.#handlers.receive(frame);
    this.#taker = { token: this.#token, onCommand };
  }

  /** The channel as it is now. */
  get state(): ChannelState {
    return this.#hosted.state;
  }

  /** Begins a message, or goes on with one that was begun here. */
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

  /** Asks the channel's producer to do something. @see `Channel.command` of the client */
  command(
    name: string,
    value?: JsonValue,
    options?: CommandOptions,
  ): Promise<JsonValue | undefined> {
    return this.#calls.ask(name, value, options);
  }

  /** Carries out the channel's commands of a name. @see `Channel.onCommand` of the client */
  onCommand(name: string, handler: CommandHandler): () => void {
    this.#takeCommands();
    return this.#handlers.on(name, handler);
  }

  #takeCommands(): void {
    if (this.#takesCommands) return;
    this.#takesCommands = true;
    this.#hosted.commands.attach(this.#producer, this.#taker);
  }

  #resolve(frame: CommandResultFrame): void {
    this.#hosted.commands.resolve(this.#producer, this.#taker, frame);
  }

  /** Calls back after the state has changed. Returns what stops it. */
  subscribe(listener: () => void): () => void {
    return this.#reader.subscribe(listener);
  }

  /** Composed changes as they come, beginning with a reset to the present state. */
  changes(): AsyncIterableIterator<ChannelEvent> {
    return this.#reader.changes();
  }

  /** Sends what is pending; the server is closing. */
  close(error: DeltawireError): void {
    this.#writer.flush().catch(() => undefined);
    this.#writer.drain();
    this.#writer.fail(error);
    this.#reader.end();
    this.#calls.end(error);
  }

  #append(frames: readonly ChangesFrame[]): void {
    try {
      for (const frame of frames) {
        const { ack } = this.#hosted.append(this.#producer, this.#token, frame);
        this.#writer.acknowledge(ack.seq, ack.refused);
      }
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#writer.fail(error);
    }
  }
}
