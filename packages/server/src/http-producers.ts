import type {
  CommandFrame,
  CommandResultFrame,
  DeltawireError,
  Frame,
  ProduceFrame,
  ProducingFrame,
} from "@deltawire/spec";
import type { Attachment } from "./attachments.js";
import type { Taker } from "./channel-commands.js";
import { fenced } from "./engine/producers.js";
import type { HostedChannel } from "./hosted-channel.js";

/** Frames that wait for a producer's next request, at most. */
const MAX_WAITING = 256;

/** A producer that writes by requests: attached while one is handled, or while it reads events. */
export class HttpProducer implements Attachment, Taker {
  readonly id: string;
  readonly channel: HostedChannel;
  token = 0;
  /** How many requests and streams it is held by. */
  holders = 0;
  /** Why it may write no more, if that is so. */
  fencedBy: DeltawireError | undefined;
  #reader: ((frame: Frame) => void) | undefined;
  #waiting: Frame[] = [];
  #wake: () => void = () => undefined;
  #takesCommands = false;

  constructor(channel: HostedChannel, id: string) {
    this.channel = channel;
    this.id = id;
  }

  fence(error: DeltawireError): void {
    this.fencedBy = error;
    this.channel.commands.detach(this.id, this);
    const { code, message } = error;
    this.receive({ type: "error", code, message, channel: this.channel.name });
  }

  lose(error: DeltawireError): void {
    this.fence(error);
  }

  /** Gets the channel's commands from now on. */
  takeCommands(): void {
    if (!this.#takesCommands) this.channel.commands.attach(this.id, this);
    this.#takesCommands = true;
  }

  onCommand(frame: CommandFrame): void {
    this.receive(frame);
  }

  /** The producer says what became of a command. */
  resolve(frame: CommandResultFrame): void {
    const isOther = (waiting: Frame) =>
      waiting.type !== "command" || waiting.id !== frame.id || waiting.by !== frame.by;
    this.#waiting = this.#waiting.filter(isOther); // it need not be told again
    this.channel.commands.resolve(this.id, this, frame);
  }

  /** Nothing holds it any more: its lease runs. */
  end(): void {
    this.channel.commands.detach(this.id, this);
    this.channel.detach(this.id, this);
  }

  /** Takes a frame for the producer: to its events, or for the answer to its next request. */
  receive(frame: Frame): void {
    if (this.#reader) {
      this.#reader(frame);
      return;
    }
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(frame);
    this.#wake();
  }

  /** What came for the next answer. */
  take(): Frame[] {
    return this.#waiting.splice(0);
  }

  /** Calls back, once, when there is something to take. */
  onFrame(wake: () => void): void {
    this.#wake = wake;
    if (this.#waiting.length > 0) wake();
  }

  /** Hands frames to a stream from now on; returns what stops it. The latest stream counts. */
  read(reader: (frame: Frame) => void): () => void {
    this.#reader = reader;
    for (const frame of this.take()) reader(frame);
    return () => {
      if (this.#reader === reader) this.#reader = undefined;
    };
  }
}

/** The producers that requests are handled for, or events are read by, right now. */
export class HttpProducers {
  readonly #producers = new Map<string, HttpProducer>();

  /**
   * One attaches, or attaches anew.
   *
   * @throws DeltawireError as {@link HostedChannel.attach} does; here and below by rejection
   */
  async attach(
    channel: HostedChannel,
    { producer: id, instance, token, seq }: ProduceFrame,
  ): Promise<{ readonly producer: HttpProducer; readonly producing: ProducingFrame }> {
    const producer = new HttpProducer(channel, id);
    const producing = await channel.attach(id, producer, { instance, token, seq });
    producer.token = producing.token;
    this.#hold(producer);
    return { producer, producing };
  }

  /** One goes on under its token. @throws DeltawireError `fenced` where that is not the latest */
  async hold(channel: HostedChannel, id: string, token: number): Promise<HttpProducer> {
    const known = this.#producers.get(keyOf(channel, id));
    if (known && !known.fencedBy) {
      if (known.token !== token) throw fenced(channel.name, id);
      known.holders += 1;
      return known;
    }
    const producer = new HttpProducer(channel, id);
    await channel.renew(id, token, producer);
    producer.token = token;
    return this.#hold(producer);
  }

  #hold(producer: HttpProducer): HttpProducer {
    producer.holders += 1;
    this.#producers.set(keyOf(producer.channel, producer.id), producer);
    return producer;
  }

  /** A request was answered, or events are not read any more: from the last one its lease runs. */
  release(producer: HttpProducer): void {
    producer.holders -= 1;
    if (producer.holders > 0) return;
    const key = keyOf(producer.channel, producer.id);
    if (this.#producers.get(key) === producer) this.#producers.delete(key);
    producer.end();
  }

  /** How many there are. */
  get size(): number {
    return this.#producers.size;
  }
}

/** Ids are anything, so a separator could be part of one. */
const keyOf = ({ name }: HostedChannel, id: string): string => `${name.length}:${name}${id}`;
