import { type ChannelState, JsonPart } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type JsonObject,
  type JsonOperation,
  LIMITS,
  type Refusal,
  toWellFormed,
} from "@deltawire/spec";
import type { Clock } from "./clock.js";
import { Encoder } from "./encoder.js";
import { copyOf } from "./json-copy.js";
import { MessageWriter } from "./message-writer.js";

/** Ended messages of which a writer remembers the generation. */
const MAX_ENDED = 1024;

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

/** A message that is written, and the version after which its frames come. */
interface Writing {
  readonly writer: MessageWriter;
  readonly since: number;
}

/** Somebody who waits until the log holds a version. */
interface Waiting {
  readonly seq: number;
  /** The message that ends with it. */
  readonly ending: Writing | undefined;
  resolve(): void;
  reject(error: DeltawireError): void;
}

/** How a message ended: needed to begin it again. */
interface Ended {
  readonly generation: number;
  readonly code: "message_final" | "message_removed";
}

/** Writes messages of one channel: an {@link Encoder}, its clock, and what waits for the server. */
export class ChannelWriter {
  readonly name: string;
  readonly #host: WriterHost;
  readonly #encoder: Encoder;
  readonly #open = new Map<string, Writing>();
  readonly #ended = new Map<string, Ended>();
  #waiting: Waiting[] = [];
  #acknowledged = 0;
  #cancelTimer: (() => void) | undefined;
  #timerAt = 0;
  #error: DeltawireError | undefined;

  /**
   * @param throttle milliseconds, see {@link Encoder}
   * @throws DeltawireError `malformed` where that is no number of milliseconds
   */
  constructor(name: string, host: WriterHost, throttle?: number) {
    this.name = name;
    this.#host = host;
    this.#encoder = new Encoder(name, throttle === undefined ? {} : { throttle });
  }

  /** What is written here; a message leaves it once it has ended and the log holds it. */
  get state(): ChannelState {
    return this.#encoder.state;
  }

  /**
   * Begins a message, or goes on with one that this writer has begun.
   *
   * @throws DeltawireError `message_final` or `message_removed` where it has ended and `reopen` is
   *   not given; `malformed` and its like for what the protocol does not take
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    const open = this.#open.get(id);
    if (open) return open.writer;
    const { role = "assistant", kind, attributes, reopen = false } = options;
    this.change({
      type: "message_added",
      id,
      generation: this.#generation(id, reopen),
      role,
      ...(kind !== undefined && { kind }),
      ...(attributes && { attributes: copyOf(attributes) }),
      parts: [],
    });
    const writer = new MessageWriter(this, id);
    this.#open.set(id, { writer, since: this.#encoder.seq });
    this.#ended.delete(id);
    return writer;
  }

  #generation(id: string, reopen: boolean): number {
    const ended = this.#ended.get(id);
    if (ended && !reopen) {
      const how = ended.code === "message_final" ? "has ended" : "was removed";
      const what = `message ${id} ${how}; to begin it again, write it with { reopen: true }`;
      throw new DeltawireError(ended.code, what, { channel: this.name });
    }
    const last = ended ?? this.state.message(id);
    return last ? last.generation + (reopen ? 1 : 0) : 0;
  }

  /**
   * Makes these the channel's attributes, of those that this writer has set; only what differs
   * travels, and it applies whatever other writers have done to theirs.
   */
  setAttributes(attributes: JsonObject): void {
    const operations = assign(this.state.attributes, copyOf(attributes));
    if (operations.length > 0) this.change({ type: "channel_patch", attributes: operations });
  }

  /**
   * Ends the channel: nothing can be written to it any more, by anybody. Resolves when the server
   * has it; then whatever was still open here is lost. A long reason is cut to the bound.
   */
  end(reason?: string): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      const note = reason?.slice(0, LIMITS.max_note_length);
      this.change({
        type: "channel_closed",
        ...(note !== undefined && { reason: toWellFormed(note) }),
      });
      const error = new DeltawireError("channel_closed", "the channel was ended here", {
        channel: this.name,
      });
      resolve(this.flush().then(() => this.fail(error)));
    });
    ended.catch(() => undefined); // who does not wait for it need not know
    return ended;
  }

  /** Makes changes, as they are, all or none; the writers above are made of this. */
  change(...changes: readonly Change[]): void {
    if (this.#error) throw this.#error;
    this.#encoder.change(...changes);
    this.#schedule();
  }

  /** Sends everything now. Resolves when the log holds it. */
  flush(): Promise<void> {
    return this.#flush(undefined);
  }

  /** A message has ended by its writer's own doing; for the writer. Otherwise like {@link flush}. */
  ended(writer: MessageWriter): Promise<void> {
    const { id, message } = writer;
    const code = this.state.message(id) ? "message_final" : "message_removed";
    this.#ended.delete(id);
    this.#ended.set(id, { generation: message.generation, code });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
    const open = this.#open.get(id);
    if (open?.writer !== writer) return this.#flush({ writer, since: this.#encoder.seq });
    this.#open.delete(id);
    return this.#flush(open);
  }

  #flush(ending: Writing | undefined): Promise<void> {
    const flushed = new Promise<void>((resolve, reject) => {
      if (this.#error) throw this.#error;
      const seq = this.#encoder.flush();
      if (seq <= this.#acknowledged) return resolve();
      this.#waiting.push({ seq, ending, resolve, reject });
      this.#schedule();
    });
    flushed.catch(() => undefined); // who does not wait for it need not know
    return flushed;
  }

  /** The log holds everything up to a version, but for what it refused. */
  acknowledge(seq: number, refused: readonly Refusal[] = []): void {
    for (const refusal of refused) this.#refuse(seq, refusal);
    this.#acknowledged = Math.max(this.#acknowledged, seq);
    const done = this.#waiting.filter((waiting) => waiting.seq <= seq);
    this.#waiting = this.#waiting.filter((waiting) => waiting.seq > seq);
    for (const { ending, resolve } of done) {
      resolve();
      if (ending && !this.#open.has(ending.writer.id)) this.#encoder.forget(ending.writer.id);
    }
  }

  /** Ends those messages of an id of which frames up to a version may tell. */
  #refuse(seq: number, { message: id, code, count }: Refusal): void {
    const what = `the server refused ${count} changes to message ${id}`;
    const error = new DeltawireError(DeltawireError.codeOf(code), what, { channel: this.name });
    const isRefused = (writing: Writing | undefined): writing is Writing =>
      writing?.writer.id === id && writing.since < seq;
    const open = this.#open.get(id);
    if (isRefused(open)) {
      this.#open.delete(id);
      open.writer.end({ reason: "lost", error });
    }
    const ending = this.#waiting.filter((waiting) => isRefused(waiting.ending));
    this.#waiting = this.#waiting.filter((waiting) => !ending.includes(waiting));
    for (const waiting of ending) {
      waiting.ending?.writer.end({ reason: "lost", error });
      waiting.reject(error);
    }
  }

  /** Ends all writing: what is not acknowledged is lost, and every writer learns why. */
  fail(error: DeltawireError): void {
    if (this.#error) return;
    this.#error = error;
    this.#cancelTimer?.();
    const waiting = this.#waiting.splice(0);
    const lost = [...this.#open.values(), ...waiting.map(({ ending }) => ending)];
    this.#open.clear();
    for (const writing of lost) writing?.writer.end({ reason: "lost", error });
    for (const { reject } of waiting) reject(error);
  }

  /** Sends what is due; called by the clock, and by who cannot wait for it. */
  drain(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#error) return;
    const frames = this.#encoder.take(this.#host.clock.now());
    if (frames.length > 0) this.#host.send(frames);
    this.#schedule();
  }

  #schedule(): void {
    const { dueAt } = this.#encoder;
    if (this.#error || dueAt === undefined) return;
    if (this.#cancelTimer && dueAt === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = dueAt;
    const delay = Math.max(0, dueAt - this.#host.clock.now());
    this.#cancelTimer = this.#host.clock.after(delay, () => this.drain());
  }
}

/**
 * Operations that set what differs, each of which applies whatever the object has become: `add`
 * replaces what is there, and what it has put there can be removed.
 */
function assign(old: JsonObject, next: JsonObject): JsonOperation[] {
  const operations: JsonOperation[] = [];
  const pointer = (key: string) => `/${key.replace(/~/g, "~0").replace(/\//g, "~1")}`;
  for (const key of Object.keys(old)) {
    if (Object.hasOwn(next, key)) continue;
    const path = pointer(key);
    operations.push({ op: "add", path, value: null }, { op: "remove", path });
  }
  for (const [key, value] of Object.entries(next)) {
    const before = Object.hasOwn(old, key) ? old[key] : undefined;
    const same = before !== undefined && JsonPart.diff(before, value).length === 0;
    if (!same) operations.push({ op: "add", path: pointer(key), value: value });
  }
  return operations;
}
