import type { Clock } from "@deltawire/encoder";
import { type Codec, createCodec, type SharedFrame, type Wire } from "@deltawire/protocol";
import {
  type ChangesFrame,
  CLOSE_CODES,
  DeltawireError,
  type Frame,
  LIMITS,
  type ProduceFrame,
  type Refusal,
  SUBPROTOCOLS,
  type Subprotocol,
  type SubscribedFrame,
  type SubscribeFrame,
  toWellFormed,
  unreachable,
} from "@deltawire/spec";
import type { HostedChannel, Subscriber } from "./hosted-channel.js";

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
}

interface Attachment {
  readonly producer: string;
  readonly token: number;
}

/** One connection, on the server's side: what its frames mean, whatever carries them. */
export class Session implements Subscriber {
  readonly compact: boolean;
  readonly #host: SessionHost;
  readonly #transport: Transport;
  readonly #codec: Codec;
  readonly #subscriptions = new Map<string, HostedChannel>();
  readonly #attachments = new Map<string, Attachment>();
  /** Acknowledgements of this turn, by channel. */
  readonly #acks = new Map<string, { seq: number; refused: Refusal[] }>();
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

  deliver(frame: SharedFrame): void {
    for (const message of this.#codec.encodeShared(frame)) this.#transport.send(message);
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
      this.#onError(error);
      this.#malformed += 1;
      if (this.#malformed >= LIMITS.max_malformed_frames) {
        this.close(CLOSE_CODES.protocol_error, "too many malformed frames");
      }
      return;
    }
    if (!frame) return;
    try {
      this.#handle(frame);
    } catch (error) {
      this.#onError(error, frame);
    }
  }

  /** Says what failed to who sent it; an error that is not the sender's goes up. */
  #onError(error: unknown, frame?: Frame): void {
    if (!(error instanceof DeltawireError)) throw error;
    const { code, message, path } = error;
    const channel = frame && "channel" in frame ? frame.channel : undefined;
    this.#send({
      type: "error",
      code,
      message: toWellFormed(message.slice(0, LIMITS.max_path_length)),
      ...(channel !== undefined && { channel }),
      ...(frame?.type === "subscribe" && { request: frame.request }),
      // A path may be as long as the input is odd: one that is too long to send is left out.
      ...(path !== undefined && path.length <= LIMITS.max_path_length && { path }),
    });
  }

  #handle(frame: Frame): void {
    if (!this.#greeted && frame.type !== "hello") {
      const what = `${frame.type} came before hello`;
      this.#onError(new DeltawireError("unexpected_frame", what, { path: "/type" }), frame);
      this.close(CLOSE_CODES.protocol_error, what);
      return;
    }
    switch (frame.type) {
      case "hello":
        if (this.#greeted) {
          throw new DeltawireError("unexpected_frame", "hello came twice", { path: "/type" });
        }
        this.#greeted = true;
        this.#cancelHello();
        this.#send({ type: "welcome", version: 1, durability: "memory" });
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
      case "welcome":
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

  #produce({ channel, producer }: ProduceFrame): void {
    this.#checkRoom(this.#attachments, channel);
    const producing = this.#host.open(channel).attach(producer);
    this.#attachments.set(channel, { producer, token: producing.token });
    this.#send(producing);
  }

  #checkRoom(channels: ReadonlyMap<string, unknown>, channel: string): void {
    if (channels.size < LIMITS.max_channels || channels.has(channel)) return;
    const what = `max_channels (${LIMITS.max_channels}) exceeded by this connection`;
    throw new DeltawireError("limit_exceeded", what, { path: "/channel" });
  }

  #append(frame: ChangesFrame): void {
    const attachment = this.#attachments.get(frame.channel);
    if (!attachment) {
      const what = "changes came before produce";
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    const { producer, token } = attachment;
    const { ack } = this.#host.open(frame.channel).append(producer, token, frame);
    if (this.#acks.size === 0) this.#host.clock.after(0, () => this.#acknowledge());
    const refused = [...(this.#acks.get(frame.channel)?.refused ?? []), ...(ack.refused ?? [])];
    this.#acks.set(frame.channel, { seq: ack.seq, refused });
  }

  #acknowledge(): void {
    for (const [channel, { seq, refused }] of this.#acks) {
      this.#send({ type: "ack", channel, seq, ...(refused.length > 0 && { refused }) });
    }
    this.#acks.clear();
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
    this.#attachments.clear();
  }
}
