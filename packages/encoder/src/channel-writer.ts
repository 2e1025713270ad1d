import { type ChannelState, JsonPart } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  checkJson,
  DeltawireError,
  type JsonObject,
  LIMITS,
  type Refusal,
} from "@deltawire/spec";
import type { Clock } from "./clock.js";
import { Encoder } from "./encoder.js";
import { MessageWriter } from "./message-writer.js";

/** What a message begins with. */
export interface WriteOptions {
  /** Who speaks. @default "assistant" */
  readonly role?: string;
  /** What kind of message it is, in the application's own words. */
  readonly kind?: string;
  readonly attributes?: JsonObject;
  /** Begin again where the message has ended: the next generation. @default false */
  readonly reopen?: boolean;
}

/** What a {@link ChannelWriter} needs from whoever drives it. */
export interface WriterHost {
  readonly clock: Clock;
  /** Takes frames on, in order, as soon as they are due. */
  send(frames: readonly ChangesFrame[]): void;
}

interface Waiting {
  readonly seq: number;
  resolve(): void;
  reject(error: DeltawireError): void;
}

/** Writes messages of one channel: an {@link Encoder}, its clock, and what waits for the server. */
export class ChannelWriter {
  readonly name: string;
  readonly #host: WriterHost;
  readonly #encoder: Encoder;
  readonly #messages = new Map<string, MessageWriter>();
  #waiting: Waiting[] = [];
  #acknowledged = 0;
  #cancelTimer: (() => void) | undefined;
  #timerAt = 0;
  #error: DeltawireError | undefined;

  /** @param throttle milliseconds, see {@link Encoder} */
  constructor(name: string, host: WriterHost, throttle?: number) {
    this.name = name;
    this.#host = host;
    this.#encoder = new Encoder(name, throttle === undefined ? {} : { throttle });
  }

  /** What was written so far. */
  get state(): ChannelState {
    return this.#encoder.state;
  }

  /**
   * Begins a message, or goes on with one that this writer has begun.
   *
   * @throws DeltawireError `message_final` where it has ended and `reopen` is not given
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    const open = this.#messages.get(id);
    if (open && !open.ended) return open;
    checkId(id);
    const old = this.state.message(id);
    const generation = old ? old.generation + (options.reopen ? 1 : 0) : 0;
    const { role = "assistant", kind, attributes } = options;
    const content = {
      id,
      generation,
      role,
      parts: [],
      ...(kind !== undefined && { kind }),
      ...(attributes && { attributes: structuredClone(attributes) }),
    };
    checkJson(attributes ?? {});
    const writer = new MessageWriter(this, id);
    this.change({ type: "message_added", ...content });
    this.#messages.set(id, writer);
    return writer;
  }

  /** Makes these the channel's attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): void {
    checkJson(attributes);
    const operations = JsonPart.diff(this.state.attributes, structuredClone(attributes));
    if (operations.length > 0) this.change({ type: "channel_patch", attributes: operations });
  }

  /** Ends the channel: nothing can be written to it any more, by anybody. */
  end(reason?: string): Promise<void> {
    this.change({ type: "channel_closed", ...(reason !== undefined && { reason }) });
    return this.flush();
  }

  /** Makes changes, as they are; the writers above are made of this. */
  change(...changes: readonly Change[]): void {
    if (this.#error) throw this.#error;
    this.#encoder.change(...changes);
    this.#schedule();
  }

  /** Sends everything now. Resolves when the log holds it. */
  flush(): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    const seq = this.#encoder.flush();
    if (seq <= this.#acknowledged) return Promise.resolve();
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ seq, resolve, reject });
    });
    this.#schedule();
    return done;
  }

  /** The log holds everything up to a version, but for what it refused. */
  acknowledge(seq: number, refused: readonly Refusal[] = []): void {
    for (const { message, code, count } of refused) {
      const what = `the server refused ${count} changes to message ${message}`;
      const error = new DeltawireError(DeltawireError.codeOf(code), what, { channel: this.name });
      this.#messages.get(message)?.end({ reason: "lost", error });
      this.#messages.delete(message);
    }
    this.#acknowledged = Math.max(this.#acknowledged, seq);
    const done = this.#waiting.filter((waiting) => waiting.seq <= seq);
    this.#waiting = this.#waiting.filter((waiting) => waiting.seq > seq);
    for (const { resolve } of done) resolve();
    if (this.#waiting.length > 0) return;
    for (const [id, writer] of this.#messages) if (writer.ended) this.#messages.delete(id);
  }

  /** Ends all writing: what is not acknowledged is lost, and every writer learns why. */
  fail(error: DeltawireError): void {
    if (this.#error) return;
    this.#error = error;
    this.#cancelTimer?.();
    for (const writer of this.#messages.values()) writer.end({ reason: "lost", error });
    this.#messages.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Sends what is due; called by the clock, and by who cannot wait for it. */
  drain(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const frames = this.#encoder.take(this.#host.clock.now());
    if (frames.length > 0) this.#host.send(frames);
    this.#schedule();
  }

  #schedule(): void {
    const { dueAt } = this.#encoder;
    if (dueAt === undefined || (this.#cancelTimer && dueAt === this.#timerAt)) return;
    this.#cancelTimer?.();
    this.#timerAt = dueAt;
    const delay = Math.max(0, dueAt - this.#host.clock.now());
    this.#cancelTimer = this.#host.clock.after(delay, () => this.drain());
  }
}

function checkId(id: string): void {
  if (id.length >= 1 && id.length <= LIMITS.max_id_length) return;
  const what = `an id has 1 to ${LIMITS.max_id_length} UTF-16 code units (max_id_length)`;
  throw new DeltawireError("limit_exceeded", what, { path: "/id" });
}
