import { Decoder, type ReceivedFrame } from "@deltawire/decoder";
import { ChannelWriter, type Clock, type MessageWriter } from "@deltawire/encoder";
import { createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { channelInMemory } from "../packages/server/src/channel-in-memory.js";
import { Session } from "../packages/server/src/session.js";

/** The channel that everything is in. */
export const CHANNEL = "thread";

/** Time that stands still until it is told to go on. */
class ManualClock implements Clock {
  #now = 0;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const entry = { at: this.#now + delay, run };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  /** Ends the turn; what is due some milliseconds later runs. */
  advance(ms = 0): void {
    this.#now += ms;
    const due = this.#due.filter(({ at }) => at <= this.#now);
    if (due.length === 0) return;
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
  }
}

/** A producer: what its writer does, as the messages that its client would send. */
export class Producer {
  readonly reply: MessageWriter;
  readonly #codec = createCodec(SUBPROTOCOLS.msgpack);
  readonly #writer: ChannelWriter;
  readonly #sent: Uint8Array[] = [];
  #seq = 0;

  constructor() {
    const clock: Clock = { now: () => 0, after: () => () => undefined };
    const send = (frames: readonly Frame[]) => {
      for (const frame of frames) this.#send(frame);
    };
    this.#send({ type: "hello", version: 1 });
    this.#send({ type: "produce", channel: CHANNEL, producer: "editor" });
    this.#writer = new ChannelWriter(CHANNEL, { clock, send }, 0);
    this.reply = this.#writer.write("reply");
  }

  #send(frame: Frame): void {
    if (frame.type === "changes") this.#seq = frame.to;
    for (const message of this.#codec.encode(frame)) this.#sent.push(message as Uint8Array);
  }

  /** Sends what is pending; the log has it at once. */
  drain(): void {
    this.#writer.drain();
    this.#writer.acknowledge(this.#seq);
  }

  /** Ends the message; goes out with what is pending. */
  complete(): void {
    this.reply.complete().catch(() => undefined); // whoever reads sees whether it has ended
  }

  /** What was sent since it was asked last. */
  take(): Uint8Array[] {
    return this.#sent.splice(0);
  }
}

/** A server's part in one channel, without its sockets: messages in, messages out. */
export class Hub {
  readonly #clock = new ManualClock();
  readonly #channel = channelInMemory(CHANNEL, "epoch", {
    clock: this.#clock,
    onCompleted: () => undefined,
  });
  readonly #down: Uint8Array[] = [];
  readonly #up = this.#session(() => undefined);
  readonly #viewer = this.#session((message) => this.#down.push(message));

  #session(send: (message: Uint8Array) => void): Session {
    const transport = {
      send: (message: string | Uint8Array) => send(message as Uint8Array),
      close: (_code: number, reason: string) => {
        throw new Error(reason);
      },
      waiting: 0,
      onDrain: () => undefined,
    };
    const report = (defect: unknown) => {
      throw defect;
    };
    const host = { clock: this.#clock, open: () => this.#channel, report };
    return new Session(host, transport, { subprotocol: SUBPROTOCOLS.msgpack });
  }

  /** A message of the producer, in a turn of its own. */
  produce(message: Uint8Array): void {
    this.#up.receive(message);
    this.#clock.advance();
  }

  /** A message of the viewer. */
  view(message: Uint8Array): void {
    this.#viewer.receive(message);
  }

  /** So many others follow the channel as well; what they are sent is dropped. */
  crowd(count: number, messages: readonly Uint8Array[]): void {
    for (let i = 0; i < count; i++) {
      const session = this.#session(() => undefined);
      for (const message of messages) session.receive(message);
    }
  }

  /** What one who joins now is sent until it has everything, by the messages that subscribe it. */
  join(messages: readonly Uint8Array[]): Uint8Array[] {
    const down: Uint8Array[] = [];
    const session = this.#session((message) => down.push(message));
    for (const message of messages) session.receive(message);
    session.end();
    return down;
  }

  /** Nothing happens for a while: checkpoints go out. */
  rest(): void {
    this.#clock.advance(2000);
  }

  /** What the viewer was sent since it was asked last. */
  take(): Uint8Array[] {
    return this.#down.splice(0);
  }
}

/** A consumer: the messages that its client receives, as state. */
export class Viewer {
  readonly #codec = createCodec(SUBPROTOCOLS.msgpack);
  readonly #decoder = new Decoder(CHANNEL);

  /** The messages that subscribe it. */
  readonly joining: readonly Uint8Array[];

  constructor() {
    const frames: Frame[] = [{ type: "hello", version: 1 }, this.#decoder.join()];
    this.joining = frames.flatMap((frame) => this.#codec.encode(frame) as Uint8Array[]);
  }

  receive(message: Uint8Array): void {
    const frame = this.#codec.decode(message);
    if (!frame || !("channel" in frame)) return;
    const outcome = this.#decoder.receive(frame as ReceivedFrame);
    if (outcome.type === "repair" || outcome.type === "failed") throw new Error(outcome.type);
  }

  get text(): string {
    return this.#decoder.state?.messages[0]?.text ?? "";
  }

  /** The string that the producer streams into a JSON part. */
  get output(): string {
    const part = this.#decoder.state?.messages[0]?.part("tool");
    return part?.kind === "json" ? String(Object(part.value).output) : "";
  }
}

/** One producer, one server and some viewers; what has been written so far is everywhere. */
export class Pipeline {
  readonly producer: Producer = new Producer();
  readonly hub: Hub = new Hub();
  readonly viewers: readonly Viewer[];

  constructor(viewers: number, begin: (producer: Producer) => void) {
    this.viewers = Array.from({ length: viewers }, () => new Viewer());
    // Every viewer gets the same messages, as if it had been the one that joined.
    for (const message of this.viewers[0]?.joining ?? []) this.hub.view(message);
    begin(this.producer);
    this.settle();
  }

  /** Carries everything that is under way to its end, checkpoints included. */
  settle(): void {
    this.producer.drain();
    for (const message of this.producer.take()) this.hub.produce(message);
    this.hub.rest();
    const messages = this.hub.take();
    for (const viewer of this.viewers) for (const message of messages) viewer.receive(message);
  }
}
