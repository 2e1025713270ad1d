import { type ChannelEvent, ChannelReader, type ReceivedFrame } from "@deltawire/decoder";
import {
  ChannelWriter,
  CommandCalls,
  type CommandHandler,
  CommandHandlers,
  type CommandOptions,
  type EventOptions,
  type MessageWriter,
  type WriteOptions,
  type WrittenEvent,
} from "@deltawire/encoder";
import { type ChannelState, Composition } from "@deltawire/protocol";
import {
  type ChangesFrame,
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type JsonObject,
  type JsonValue,
  type MessageError,
  type ProduceFrame,
  type ProducingFrame,
} from "@deltawire/spec";
import type { Attachment } from "./attachments.js";
import type { Asker, Taker } from "./channel-commands.js";
import type { HostedChannel } from "./hosted-channel.js";
import { LocalConsumer } from "./local-consumer.js";
import {
  attempt,
  type ServerChannelHost,
  type ServerChannelOptions,
} from "./server-channel-host.js";

/** Milliseconds before a channel that could not be had is asked for again. */
const RETRY = 1000;

/** Milliseconds that what is being sent is waited for when the server closes. */
const DRAINING = 5000;

/** A channel, read and written in the server's own process. The same calls as in a client. */
export class ServerChannel {
  readonly name: string;
  readonly #host: ServerChannelHost;
  readonly #writer: ChannelWriter;
  readonly #reader: ChannelReader;
  readonly #calls: CommandCalls;
  readonly #handlers: CommandHandlers;
  /** There once it is loaded. */
  #hosted: HostedChannel | undefined;
  #consumer: LocalConsumer | undefined;
  #isRead = false;
  /** Of the latest attachment. */
  #taker: Taker | undefined;
  #isClosed = false;
  /** Commands that were asked before the channel was there. */
  readonly #asked = new Set<CommandFrame>();

  constructor(name: string, host: ServerChannelHost, options: ServerChannelOptions) {
    const { clock, producer } = host;
    this.name = name;
    this.#host = host;
    this.#writer = new ChannelWriter(
      name,
      {
        clock,
        identity: { producer, instance: producer },
        send: (frames) => this.#append(frames),
        produce: (frame) => this.#produce(frame),
        generationOf: (id) => this.#hosted?.state.message(id)?.generation,
        watched: () => this.#writer.acceptCommands(),
        randomId: () => crypto.randomUUID(),
        ...(options.batch !== undefined && { batch: options.batch }),
      },
      options.throttle,
    );
    this.#reader = new ChannelReader(
      name,
      {
        open: () => {
          this.#isRead = true;
          this.#join();
        },
        close: () => {
          this.#isRead = false;
          this.#consumer?.leave();
        },
        send: (frame) => this.#consumer?.ask(frame),
        notify: (run) => clock.after(0, run),
        composing: () => Composition,
        retry: () => clock.after(RETRY, () => this.#isRead && this.#join()),
      },
      options,
    );
    this.#calls = new CommandCalls(name, {
      clock,
      send: (frame) => {
        if (this.#hosted) this.#hosted.commands.ask(this.#asker, undefined, frame);
        else this.#asked.add(frame);
      },
      randomId: () => crypto.randomUUID(),
    });
    this.#handlers = new CommandHandlers(
      name,
      (frame) => this.#resolve(frame),
      (message) => this.#writer.stop(message),
    );
    this.#open();
  }

  readonly #asker: Asker = { onResult: (frame) => this.#calls.receive(frame) };

  readonly #attachment: Attachment = {
    fence: (error) => this.#writer.fail(error),
    lose: (error) => this.#lose(error),
  };

  /** Asks for the channel: for the one that its name has by now, where this one was forgotten. */
  #join(): void {
    if (this.#hosted?.isClosed) this.#renew();
    else this.#consumer?.ask(this.#reader.join());
  }

  #open(): void {
    const opening = this.#host.open();
    if (opening instanceof Promise) {
      opening.then((hosted) => this.#opened(hosted)).catch(this.#failed);
    } else this.#opened(opening);
  }

  #opened(hosted: HostedChannel): void {
    if (this.#isClosed) return;
    this.#hosted = hosted;
    this.#consumer = new LocalConsumer(hosted, (frame) => this.#receive(frame));
    this.#writer.connected();
    for (const frame of this.#asked) hosted.commands.ask(this.#asker, undefined, frame);
    this.#asked.clear();
    if (this.#isRead) this.#consumer.ask(this.#reader.join());
  }

  /** It cannot be had: what may help is to try again. */
  readonly #failed = (error: unknown): void => {
    if (!(error instanceof DeltawireError)) throw error;
    if (error.group === "stop" || error.group === "correct") this.#writer.fail(error);
    else if (!this.#isClosed) this.#host.clock.after(RETRY, () => this.#reopen());
  };

  #receive(frame: ReceivedFrame): void {
    const isGone = frame.type === "error" && frame.code === "channel_closed";
    if (isGone) this.#host.ended?.();
    else if (frame.type === "error" && this.#hosted?.hasEnded) return; // it is opened anew
    this.#reader.receive(frame);
  }

  /** The channel as it is now, or what its filter shows of it; empty until it is loaded. */
  get state(): ChannelState {
    const { filter, state } = this.#reader;
    const filtered = filter && this.#hosted?.followers.view(filter);
    return (filtered ?? this.#hosted)?.state ?? state;
  }

  /** Begins a message, or goes on with one that was begun here. */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    return this.#writer.write(id, options);
  }

  /** Writes a message that is complete at birth. @see `Channel.event` of the client */
  event(kind: string, options: EventOptions = {}): WrittenEvent {
    return this.#writer.event(kind, options);
  }

  /** Makes these the channel's attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): void {
    this.#writer.setAttributes(attributes);
  }

  /** Ends the channel: nothing can be written to it any more. @see `Channel.end` of the client */
  end(reason?: string, error?: MessageError): Promise<void> {
    return this.#writer.end(reason, error);
  }

  /** Sends everything that was written. Resolves when the channel has it. */
  flush(): Promise<void> {
    return this.#writer.flush();
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
    this.#writer.acceptCommands();
    return this.#handlers.on(name, handler);
  }

  #resolve(frame: CommandResultFrame): void {
    if (this.#taker) this.#hosted?.commands.resolve(this.#host.producer, this.#taker, frame);
  }

  #produce({ instance, token, seq, commands }: ProduceFrame): void {
    const hosted = this.#hosted;
    if (!hosted) return;
    if (hosted.isClosed) return void this.#renew();
    const { producer } = this.#host;
    const onCommand = (frame: CommandFrame) => this.#handlers.receive(frame);
    const begun = (producing: ProducingFrame) => {
      if (this.#isClosed || hosted !== this.#hosted) return;
      this.#taker = { token: producing.token, onCommand };
      this.#writer.attached(producing);
      if (commands) hosted.commands.attach(producer, this.#taker);
    };
    const claim = { instance, token, seq };
    this.#try(() => hosted.attach(producer, this.#attachment, claim), begun);
  }

  /** The channel does not know this writer any more; perhaps it is another channel by now. */
  #lose(error: DeltawireError): void {
    if (error.group === "stop") {
      this.#writer.fail(error);
      this.#host.ended?.();
      return;
    }
    if (!this.#hosted?.hasEnded) return void this.#writer.rejected(error);
    this.#renew();
  }

  #renew(): void {
    this.#hosted = undefined;
    this.#consumer = undefined;
    this.#taker = undefined;
    this.#writer.detached();
    this.#host.clock.after(0, () => this.#reopen());
  }

  #reopen(): void {
    const open = () => this.#host.open();
    attempt(open, (hosted) => this.#opened(hosted), this.#failed);
  }

  /** Asks the channel for something; what fails is the writer's. */
  #try<T>(ask: () => T | Promise<T>, done: (value: T) => void): void {
    attempt(ask, done, (error) => {
      if (!this.#isClosed) this.#writer.rejected(error);
    });
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
  async close(error: DeltawireError): Promise<void> {
    const flushing = this.#writer.flush().catch(() => undefined);
    this.#writer.drain();
    const late = new Promise<void>((resolve) => this.#host.clock.after(DRAINING, resolve));
    await Promise.race([flushing, late]);
    this.fail(error);
  }

  /** Ends what is open here, and sends everything, in this turn; for the server. */
  settle(error?: MessageError): void {
    this.#writer.endOpen(error);
    void this.#writer.flush().catch(() => undefined); // it may have ended
    this.#writer.drain();
  }

  /** Ends writing and reading here, at once: what is not sent is lost; for the server. */
  fail(error: DeltawireError): void {
    this.#isClosed = true;
    this.#writer.fail(error);
    this.#reader.end();
    this.#calls.end(error);
  }

  #append(frames: readonly ChangesFrame[]): void {
    const hosted = this.#hosted;
    const token = this.#taker?.token;
    if (!hosted || token === undefined) return;
    for (const frame of frames) {
      this.#try(
        () => hosted.append(this.#host.producer, token, frame),
        ({ ack }) => {
          if (this.#taker?.token === token) this.#writer.acknowledge(ack.seq, ack.refused);
        },
      );
    }
  }
}
