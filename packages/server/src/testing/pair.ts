import { Decoder } from "@deltawire/decoder";
import { History } from "@deltawire/decoder/history";
import { type ChannelState, type Codec, createCodec, type Wire } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { channelInMemory } from "../channel-in-memory.js";
import type { HostedChannel } from "../hosted-channel.js";
import { Session } from "../session.js";
import type { SessionHost, SessionOptions } from "../session-host.js";
import { HIGH_WATER, type Transport } from "../transport.js";
import { FakeClock } from "./fake-clock.js";

/** One direction of a connection: what is sent arrives at once, unless it is held. */
export class Link {
  readonly #deliver: (message: Wire) => void;
  #held: Wire[] | undefined;
  #waiting = 0;
  #wasAbove = false;
  onDrain: () => void = () => undefined;

  constructor(deliver: (message: Wire) => void) {
    this.#deliver = deliver;
  }

  /** Bytes that are held. */
  get waiting(): number {
    return this.#waiting;
  }

  send(message: Wire): void {
    if (!this.#held) {
      this.#deliver(message);
      return;
    }
    this.#held.push(message);
    this.#waiting += Buffer.byteLength(message);
    this.#wasAbove ||= this.#waiting > HIGH_WATER;
  }

  hold(): void {
    this.#held ??= [];
  }

  /** Lets everything through that was held, or the first of it; the rest stays held. */
  release(count: number = Number.POSITIVE_INFINITY): void {
    // What is sent in answer comes after what is held.
    for (let i = 0; i < count && this.#held; i++) {
      const [message] = this.#take(1);
      if (message === undefined) break;
      this.#deliver(message);
      this.#onGone();
    }
    if (count === Number.POSITIVE_INFINITY) this.#held = undefined;
  }

  /** Loses the first messages that are held. */
  lose(count: number): void {
    this.#take(count);
    this.#onGone();
  }

  #take(count: number): Wire[] {
    const gone = this.#held?.splice(0, count) ?? [];
    for (const message of gone) this.#waiting -= Buffer.byteLength(message);
    return gone;
  }

  #onGone(): void {
    if (!this.#wasAbove || this.waiting > HIGH_WATER) return;
    this.#wasAbove = false;
    this.onDrain();
  }
}

/** A server of channels under a fake clock. */
export class TestServer {
  readonly clock: FakeClock;
  readonly channels: Map<string, HostedChannel> = new Map();
  /** Ids of the messages that were completed. */
  readonly completed: string[] = [];
  readonly defects: unknown[] = [];
  /** Of the sessions that begin. */
  options: Partial<SessionOptions> = {};
  access: SessionHost["access"];
  limits: SessionHost["limits"];

  constructor(clock: FakeClock = new FakeClock()) {
    this.clock = clock;
  }

  get host(): SessionHost {
    return {
      clock: this.clock,
      open: (name) => this.channel(name),
      report: (defect) => this.defects.push(defect),
      ...(this.access && { access: this.access }),
      ...(this.limits && { limits: this.limits }),
    };
  }

  channel(name = "c"): HostedChannel {
    let channel = this.channels.get(name);
    if (!channel) {
      const onCompleted = ({ id }: { readonly id: string }) => this.completed.push(id);
      channel = channelInMemory(name, "e", { clock: this.clock, onCompleted });
      this.channels.set(name, channel);
    }
    return channel;
  }

  /** Ends the turn: acknowledgements go out. */
  turn(): void {
    this.clock.advance(0);
  }

  /** A client that has said hello. */
  connect(
    codec: keyof typeof SUBPROTOCOLS = "msgpack",
    capabilities?: readonly string[],
  ): TestClient {
    const client = new TestClient(this, codec);
    client.send({ type: "hello", version: 1, ...(capabilities && { capabilities }) });
    client.take();
    return client;
  }
}

/** A client at the other end of a session, in memory. */
export class TestClient {
  readonly up: Link;
  readonly down: Link;
  readonly session: Session;
  readonly codec: Codec;
  /** Every message that came. */
  readonly messages: Wire[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #readers = new Map<string, TestReader>();
  #frames: Frame[] = [];

  constructor(server: TestServer, codec: keyof typeof SUBPROTOCOLS) {
    const replicaOf = (channel: string) => this.#readers.get(channel)?.decoder.replica;
    this.codec = createCodec(SUBPROTOCOLS[codec], replicaOf);
    this.up = new Link((message) => this.session.receive(message));
    this.down = new Link((message) => this.#receive(message));
    const { down } = this;
    const transport: Transport = {
      send: (message) => down.send(message),
      close: (code, reason) => {
        this.closed = { code, reason };
      },
      get waiting() {
        return down.waiting;
      },
      onDrain: (run) => {
        down.onDrain = run;
      },
    };
    const options = { ...server.options, subprotocol: SUBPROTOCOLS[codec] };
    this.session = new Session(server.host, transport, options);
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) {
      for (const message of this.codec.encode(frame)) this.up.send(message);
    }
  }

  /** Attaches a producer to channel "c", or another one. */
  produce(producer: string, channel = "c"): void {
    this.send({ type: "produce", channel, producer });
  }

  /** Follows channel "c", or another one, as a consumer does; perhaps one that was elsewhere. */
  follow(channel = "c", decoder: Decoder = new Decoder(channel)): TestReader {
    const reader = new TestReader(this, decoder);
    this.#readers.set(channel, reader);
    reader.join();
    return reader;
  }

  /** Follows the last messages of channel "c". */
  followLast(last: number): TestReader {
    return this.follow("c", new Decoder("c", last));
  }

  #receive(message: Wire): void {
    this.messages.push(message);
    const frame = this.codec.decode(message);
    if (!frame) return;
    this.#frames.push(frame);
    if ("channel" in frame && frame.channel !== undefined) {
      this.#readers.get(frame.channel)?.receive(frame);
    }
  }

  /** The frames that came since the last call. */
  take(): Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}

/** A consumer of a channel: the decoder, and what it did. */
export class TestReader {
  readonly decoder: Decoder;
  readonly #client: TestClient;

  constructor(client: TestClient, decoder: Decoder) {
    this.#client = client;
    this.decoder = decoder;
  }

  get state(): ChannelState | undefined {
    return this.decoder.state;
  }

  join(): void {
    this.#client.send(this.decoder.join());
  }

  /** Asks for messages before those that it has, if that makes sense now. */
  history(count: number): void {
    const frame = this.decoder.history(count, History);
    if (frame) this.#client.send(frame);
  }

  receive(frame: Frame): void {
    switch (frame.type) {
      case "subscribed":
      case "snapshot":
      case "changes":
      case "checkpoint":
      case "history_page":
      case "error": {
        const outcome = this.decoder.receive(frame);
        if (outcome.type === "repair") this.#client.send(outcome.send);
        if (outcome.type === "failed") throw outcome.error;
        return;
      }
      default: // not a consumer's
    }
  }
}

/** A state as plain data, to compare. */
export function plain(state: ChannelState | undefined): object | undefined {
  if (!state) return undefined;
  const { epoch, seq, attributes, closed } = state;
  return { epoch, seq, attributes, closed, messages: state.messages.map((m) => m.snapshot()) };
}
