import type { Clock } from "@deltawire/encoder";
import { CLOSE_CODES, DeltawireError, type WelcomeFrame } from "@deltawire/spec";
import type { Access, Action, Principal } from "./access.js";
import { ConnectionRecord, type RecordHost } from "./connection-record.js";
import { EventStream } from "./event-stream.js";
import { afterLong } from "./expiry.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { HttpProducer, HttpProducers } from "./http-producers.js";
import type { Query } from "./http-query.js";
import { parseVersion, type Version } from "./http-version.js";
import type { Subscription } from "./subscription.js";

/** Milliseconds after which a reader comes back: the least, and what chance adds. */
const RETRY = 1000;
const RETRY_SPREAD = 4000;

/** What an acknowledgement survives. */
type Durability = WelcomeFrame["durability"];

/** What events need of their server. */
export interface EventsHost extends RecordHost {
  readonly clock: Clock;
  readonly access: Access;
  readonly producers: HttpProducers;
  readonly durability?: Durability;
  report(defect: unknown): void;
}

/** A request for events. */
export interface EventsRequest {
  readonly channel: HostedChannel;
  readonly principal: Principal;
  readonly query: Query;
  /** The version that an EventSource has, where it comes back. */
  readonly lastEventId: string | null;
  /** Called once it has ended. */
  onEnd(): void;
}

/** One who reads events: what of, and as whom. */
interface Reader {
  readonly principal: Principal;
  readonly name: string;
  /** Absent once nothing more comes of it: who is still here does not keep it in memory. */
  channel: HostedChannel | undefined;
  readonly stream: EventStream;
  subscription: Subscription | undefined;
  producer: HttpProducer | undefined;
}

/** The streams of events that are open. PROTOCOL.md, "HTTP". */
export class HttpEvents {
  readonly #host: EventsHost;
  readonly #readers = new Set<Reader>();

  constructor(host: EventsHost) {
    this.#host = host;
  }

  /** How many are open. */
  get size(): number {
    return this.#readers.size;
  }

  /** Opens one. @throws by rejection: DeltawireError `malformed`, `fenced`, `limit_exceeded` */
  async open(request: EventsRequest): Promise<Response> {
    const { channel, principal, query, onEnd: leave } = request;
    const version = resumeFrom(request);
    const { last, filter } = query;
    const number = query.number("request") ?? 0;
    await channel.reach(version?.epoch, version?.seq);
    const producer = await this.#holdProducer(channel, query);
    const { clock, report } = this.#host;
    const expiresIn = this.#host.access.expiresIn(principal);
    let cancelExpiry: () => void = () => undefined;
    const onEnd = () => {
      cancelExpiry();
      this.#readers.delete(reader);
      this.#stopFollowing(reader);
      this.#stopProducing(reader);
      leave();
    };
    const retry = RETRY + Math.round(Math.random() * RETRY_SPREAD);
    const record = new ConnectionRecord(this.#host, undefined, () => principal.id);
    const onRelease = () => {
      reader.channel = undefined;
      reader.subscription = undefined;
    };
    const stream = new EventStream(
      { clock, principal, record, report, onRelease, onEnd },
      () => reader.channel?.state.epoch ?? "",
      retry,
    );
    const { name } = channel;
    const reader: Reader = { principal, name, channel, stream, producer, subscription: undefined };
    this.#readers.add(reader);
    if (expiresIn !== undefined) {
      cancelExpiry = afterLong(clock, expiresIn, () => this.#expire(reader));
    }
    const expires = expiresIn !== undefined && { expires_in: expiresIn };
    stream.send({
      type: "welcome",
      version: 1,
      durability: this.#host.durability ?? "memory",
      ...expires,
    });
    producer?.read((frame) => stream.send(frame));
    if (query.text("follow") !== "0") {
      reader.subscription = begin(stream, () => channel.follow(stream, filter));
      const asked = { type: "subscribe", channel: channel.name, request: number } as const;
      const window = last !== undefined && { last };
      reader.subscription.ask({ ...asked, ...version, ...window, ...(filter && { filter }) });
    }
    return new Response(stream.body, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no", // nginx would wait for more
      },
    });
  }

  async #holdProducer(channel: HostedChannel, query: Query): Promise<HttpProducer | undefined> {
    const id = query.text("producer");
    if (id === undefined) return undefined;
    const token = query.number("token");
    if (token === undefined) throw new DeltawireError("malformed", "producer comes with its token");
    const producer = await this.#host.producers.hold(channel, id, token);
    producer.takeCommands();
    return producer;
  }

  #expire({ stream }: Reader): void {
    const message = "the token has expired; come back with another one";
    stream.send({ type: "error", code: "unauthorized", message });
    stream.close(CLOSE_CODES.unauthorized, message);
  }

  #stopFollowing(reader: Reader): void {
    if (!reader.subscription) return;
    reader.channel?.unfollow(reader.subscription);
    reader.stream.forget(reader.subscription);
    reader.subscription = undefined;
  }

  #stopProducing(reader: Reader): void {
    if (reader.producer) this.#host.producers.release(reader.producer);
    reader.producer = undefined;
  }

  /** Asks again whether those who read may; who may not any more is told, and its stream ends. */
  async reauthorize(isMeant: (principal: Principal, channel: string) => boolean): Promise<void> {
    const meant = [...this.#readers].filter(({ principal, name }) => isMeant(principal, name));
    await Promise.all(meant.map((reader) => this.#reauthorize(reader)));
  }

  async #reauthorize(reader: Reader): Promise<void> {
    const { principal, name, stream } = reader;
    const may = (action: Action) =>
      this.#host.access.authorize({ principal, channel: name, action });
    const refuse = (request?: number) => {
      const message = "this is not allowed any more";
      const where = { channel: name, ...(request !== undefined && { request }) };
      stream.send({ type: "error", code: "forbidden", message, ...where });
    };
    if (reader.subscription && !(await may("subscribe")) && reader.subscription) {
      refuse(reader.subscription.request);
      this.#stopFollowing(reader);
    }
    if (reader.producer && !(await may("produce")) && reader.producer) {
      refuse();
      this.#stopProducing(reader);
    }
    const isOver = !reader.subscription && !reader.producer && reader.channel !== undefined;
    if (isOver) stream.close(CLOSE_CODES.normal, "not allowed");
  }

  /** Says goodbye to everyone. @param spread milliseconds over which they are told to come back */
  close(reason: string, spread: number): void {
    for (const { stream } of [...this.#readers]) {
      const retry_after = Math.round(Math.random() * spread);
      stream.send({ type: "goodbye", reason, retry_after });
      stream.close(CLOSE_CODES.going_away, reason);
    }
  }
}

/** Begins what a stream is for. Where that cannot be, nobody will ever read the stream: it ends. */
function begin<T>(stream: EventStream, run: () => T): T {
  try {
    return run();
  } catch (error) {
    void stream.body.cancel();
    throw error;
  }
}

/** What the reader has; an EventSource that comes back says it in a header, and the URL is old. */
function resumeFrom({ lastEventId, query }: EventsRequest): Version | undefined {
  return lastEventId ? parseVersion(lastEventId, "Last-Event-ID") : query.version("since");
}
