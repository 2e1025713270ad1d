import type { Clock } from "@deltawire/encoder";
import { type Codec, createCodec, type SharedFrame, type Wire } from "@deltawire/protocol";
import {
  type ChangesFrame,
  CLOSE_CODES,
  DeltawireError,
  type Frame,
  type HelloFrame,
  LIMITS,
  type ProduceFrame,
  SUBPROTOCOLS,
  type Subprotocol,
  type SubscribedFrame,
  type SubscribeFrame,
  unreachable,
} from "@deltawire/spec";
import { Acknowledgements } from "./acknowledgements.js";
import type { Attachment, HostedChannel, Subscriber } from "./hosted-channel.js";

/** Milliseconds that a client has for its `hello`. */
const HELLO_TIMEOUT = 10_000;

/** The connection under a {@link Session}. */
export interface Transport {
  send(message: Wire): void;
  close(code: number, reason: string): void;
}

/** What a {@link Session} needs of its server. */
export interface SessionHost {
  readonly clock: Clock;
  /** The channel of a name. @throws DeltawireError where there is no room for another one */
  open(channel: string): HostedChannel;
  /** Takes note of a defect of the server. The client is told, and everything goes on. */
  report(defect: unknown): void;
}

interface Production {
  readonly channel: HostedChannel;
  readonly producer: string;
  readonly token: number;
}

/** One connection, on the server's side: what its frames mean, whatever carries them. */
export class Session implements Subscriber, Attachment {
  readonly compact: boolean;
  readonly #host: SessionHost;
  readonly #transport: Transport;
  readonly #codec: Codec;
  readonly #subscriptions = new Map<string, HostedChannel>();
  readonly #productions = new Map<string, Production>();
  readonly #acks = new Acknowledgements();
  readonly #cancelHello: () => void;
  #greeted = false;
  #malformed = 0;
  #closed = false;

  constructor(host: SessionHost, transport: Transport, subprotocol: Subprotocol) {
    this.#host = host;
    this.#transport = transport;
    this.#codec = createCodec(subprotocol);
    this.compact = subprotocol === SUBPROTOCOLS.msgpack;
    this.#cancelHello = host.clock.after(HELLO_TIMEOUT, () => {
      this.close(CLOSE_CODES.hello_timeout, `no hello within ${HELLO_TIMEOUT} ms`);
    });
  }

  answer(frame: SubscribedFrame): void {
    this.#send(frame);
  }

  deliver(shared: SharedFrame): void {
    if (this.#closed) return;
    let fits = true;
    for (const message of this.#codec.encodeShared(shared)) {
      if (isTooLarge(message)) fits = false;
      else this.#transport.send(message);
    }
    const { frame } = shared;
    // A live frame that is left out shows as a gap, and is repaired in chunks.
    if (fits || frame.type !== "snapshot") return;
    const { channel, request } = frame;
    const message = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the snapshot`;
    this.#send({ type: "error", code: "limit_exceeded", message, channel, request });
  }

  fence(error: DeltawireError): void {
    this.#refuse(error);
  }

  #send(frame: Frame): void {
    if (this.#closed) return;
    for (const message of this.#codec.encode(frame)) this.#transport.send(message);
  }

  /** Takes a message from the client. */
  receive(message: Wire): void {
    if (this.#closed) return;
    let frame: Frame | undefined;
    try {
      frame = this.#codec.decode(message);
    } catch (error) {
      this.#unreadable(error);
      return;
    }
    if (!frame) return;
    try {
      this.#handle(frame);
    } catch (error) {
      this.#refuse(error, frame);
    }
  }

  #unreadable(error: unknown): void {
    this.#refuse(error);
    this.#malformed += 1;
    const version = error instanceof DeltawireError && error.code === "unsupported_version";
    if (version && !this.#greeted) {
      this.close(CLOSE_CODES.protocol_error, "no version in common");
    } else if (this.#malformed >= LIMITS.max_malformed_frames) {
      this.close(CLOSE_CODES.protocol_error, "too many malformed frames");
    }
  }

  /** Says what failed to who sent it; a defect of the server is told to both sides. */
  #refuse(error: unknown, frame?: Frame): void {
    const isDefect = !(error instanceof DeltawireError);
    if (isDefect) this.#host.report(error);
    const known = isDefect ? new DeltawireError("internal", "the server failed on this") : error;
    const { code, message, path } = known;
    const channel = known.channel ?? (frame && "channel" in frame ? frame.channel : undefined);
    this.#acknowledge(); // what came before it was taken
    this.#send({
      type: "error",
      code,
      message,
      ...(channel !== undefined && { channel }),
      ...(frame?.type === "subscribe" && { request: frame.request }),
      ...(path !== undefined && { path }),
    });
  }

  #handle(frame: Frame): void {
    if (!this.#greeted && frame.type !== "hello") {
      const what = `${frame.type} came before hello`;
      this.#refuse(new DeltawireError("unexpected_frame", what, { path: "/type" }), frame);
      this.close(CLOSE_CODES.protocol_error, what);
      return;
    }
    switch (frame.type) {
      case "hello":
        this.#greet(frame);
        return;
      case "subscribe":
        this.#subscribe(frame);
        return;
      case "unsubscribe":
        this.#unsubscribe(frame.channel);
        return;
      case "produce":
        this.#produce(frame);
        return;
      case "changes":
        this.#append(frame);
        return;
      case "ping":
        this.#send({ ...frame, type: "pong" });
        return;
      case "pong":
      case "error":
        return;
      case "authenticate":
      case "history":
      case "command":
      case "command_result": {
        const what = `${frame.type} is not served yet`;
        throw new DeltawireError("unexpected_frame", what, { path: "/type" });
      }
      case "welcome":
      case "authenticated":
      case "history_page":
      case "subscribed":
      case "snapshot":
      case "producing":
      case "ack":
      case "checkpoint":
      case "goodbye": {
        const what = `${frame.type} goes from server to client only`;
        throw new DeltawireError("unexpected_frame", what, { path: "/type" });
      }
      default:
        unreachable(frame);
    }
  }

  #greet({ type }: HelloFrame): void {
    if (this.#greeted) {
      throw new DeltawireError("unexpected_frame", `a second ${type}`, { path: "/type" });
    }
    this.#greeted = true;
    this.#cancelHello();
    this.#send({ type: "welcome", version: 1, durability: "memory" });
  }

  #subscribe(frame: SubscribeFrame): void {
    this.#checkRoom(this.#subscriptions, frame.channel);
    const channel = this.#host.open(frame.channel);
    this.#subscriptions.set(frame.channel, channel);
    channel.subscribe(this, frame);
  }

  #unsubscribe(name: string): void {
    this.#subscriptions.get(name)?.unsubscribe(this);
    this.#subscriptions.delete(name);
  }

  #produce({ channel: name, producer }: ProduceFrame): void {
    this.#checkRoom(this.#productions, name);
    const channel = this.#host.open(name);
    this.#acknowledge(); // whose numbers are the earlier producer's
    this.#stopProducing(name);
    const producing = channel.attach(producer, this);
    this.#productions.set(name, { channel, producer, token: producing.token });
    this.#send(producing);
  }

  #stopProducing(name: string): void {
    const { channel, producer } = this.#productions.get(name) ?? {};
    if (channel && producer !== undefined) channel.detach(producer, this);
    this.#productions.delete(name);
  }

  #checkRoom(channels: ReadonlyMap<string, unknown>, channel: string): void {
    if (channels.size < LIMITS.max_channels || channels.has(channel)) return;
    const what = `max_channels (${LIMITS.max_channels}) exceeded by this connection`;
    throw new DeltawireError("limit_exceeded", what, { path: "/channel" });
  }

  #append(frame: ChangesFrame): void {
    const production = this.#productions.get(frame.channel);
    if (!production) {
      const what = "changes came before produce";
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    const { channel, producer, token } = production;
    const { ack } = channel.append(producer, token, frame);
    if (this.#acks.isEmpty) this.#host.clock.after(0, () => this.#acknowledge());
    this.#acks.add(ack);
  }

  #acknowledge(): void {
    for (const ack of this.#acks.take()) this.#send(ack);
  }

  /** Says goodbye, and closes. */
  goodbye(reason: string, retryAfter: number): void {
    this.#acknowledge();
    this.#send({ type: "goodbye", reason, retry_after: retryAfter });
    this.close(CLOSE_CODES.going_away, reason);
  }

  /** Closes the connection from this side. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#transport.close(code, reason);
    this.end();
  }

  /** The connection is gone. */
  end(): void {
    this.#closed = true;
    this.#cancelHello();
    for (const name of [...this.#subscriptions.keys()]) this.#unsubscribe(name);
    for (const name of [...this.#productions.keys()]) this.#stopProducing(name);
  }
}

function isTooLarge(message: Wire): boolean {
  const most = typeof message === "string" ? 3 * message.length : message.length;
  return most > LIMITS.max_frame_bytes && Buffer.byteLength(message) > LIMITS.max_frame_bytes;
}
