import { type ChannelState, Message } from "@deltawire/protocol/state";
import {
  type Change,
  DeltawireError,
  type FinalStatus,
  type JsonObject,
  LIMITS,
  type MessageError,
  type PartChange,
  toWellFormed,
} from "@deltawire/spec";
import { type BytesOptions, BytesWriter } from "./bytes-writer.js";
import { copyOf } from "./json-copy.js";
import { operationsTo } from "./json-operations.js";
import { JsonWriter, TextWriter } from "./part-writers.js";

/** Why writing a message ended. */
export interface MessageEnd {
  /** A final status, `removed`, or `lost` where the connection or the server ended it. */
  readonly reason: FinalStatus | "removed" | "lost";
  /** What went wrong, where the writer did not end it itself. */
  readonly error?: DeltawireError;
}

/** What a {@link MessageWriter} writes to. */
export interface MessageHost {
  readonly name: string;
  readonly state: ChannelState;
  /** Makes all of the changes, or throws and makes none. */
  change(...changes: readonly Change[]): void;
  /** A writer has ended its message. Sends everything now; resolves when the log holds it. */
  ended(writer: MessageWriter): Promise<void>;
  /** Somebody has asked for a signal: he is to hear of the command `stop`. */
  watched(): void;
}

/** Text, in pieces, as models and shells give it. */
export type TextStream = AsyncIterable<string> | ReadableStream<string>;

/**
 * Writes one message. Every call takes effect at once and travels with the next frame; each costs
 * what it changes, never the length of the text.
 *
 * @throws DeltawireError from every call: `closed` once writing has ended, and what the part
 *   writers name
 */
export class MessageWriter {
  readonly id: string;
  /** Settles when writing ends, whatever ends it; never rejects. */
  readonly closed: Promise<MessageEnd>;
  readonly #channel: MessageHost;
  readonly #abort = new AbortController();
  #isWatched = false;
  readonly #texts = new Map<string, TextWriter>();
  readonly #bytes = new Map<string, BytesWriter>();
  /** Stops each stream that is piped. */
  readonly #stops = new Set<() => void>();
  #end: MessageEnd | undefined;
  /** The message as it was when writing ended. */
  #last: Message | undefined;
  /** What the call that ended the message has promised. */
  #settled: Promise<void> | undefined;
  #resolveClosed: (end: MessageEnd) => void = () => undefined;

  /** Made by a channel's `write`. */
  constructor(channel: MessageHost, id: string) {
    this.#channel = channel;
    this.id = id;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /**
   * Aborted when something else than this writer ends the message, and when a consumer asks to
   * stop, after which it may still be written and ended; hand it to the model call.
   */
  get signal(): AbortSignal {
    this.#isWatched = true;
    this.#channel.watched();
    return this.#abort.signal;
  }

  /** Whether writing has ended. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** The message as every call so far has left it. */
  get message(): Message {
    const message = this.#last ?? this.#channel.state.message(this.id);
    if (message) return message;
    throw new DeltawireError("closed", `message ${this.id} is gone`, this.#place);
  }

  /** Adds to the end of the default text part. */
  append(text: string): this {
    this.text().append(text);
    return this;
  }

  /** Makes this the whole default text, for producers that only have everything so far. */
  set(text: string): this {
    this.text().set(text);
    return this;
  }

  /** Replaces UTF-16 code units of the default text, for producers that know what changed. */
  splice(changedOffset: number, removed: number, text: string): this {
    this.text().splice(changedOffset, removed, text);
    return this;
  }

  /** A text part, by default the message's default one; begun by the first call on it. */
  text(part: string = Message.defaultPart): TextWriter {
    let writer = this.#texts.get(part);
    if (!writer) {
      writer = new TextWriter(this, part);
      this.#texts.set(part, writer);
    }
    return writer;
  }

  /** A JSON part; begun by the first call on it. */
  json(part: string): JsonWriter {
    return new JsonWriter(this, part);
  }

  /**
   * A bytes part; begun by the first call on it.
   *
   * @param options hold for later calls without any, too
   */
  bytes(part: string, options?: BytesOptions): BytesWriter {
    let writer = this.#bytes.get(part);
    if (!writer || options) {
      writer = new BytesWriter(this, part, options);
      this.#bytes.set(part, writer);
    }
    return writer;
  }

  /** Takes a part out. @throws DeltawireError `unknown_part` */
  removePart(part: string): this {
    this.change({ type: "part_removed", part });
    return this;
  }

  /** Makes these the attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): this {
    this.#require();
    const operations = operationsTo(this.message.attributes, copyOf(attributes));
    if (operations.length === 0) return this;
    this.#channel.change({ type: "message_patch", id: this.id, attributes: operations });
    return this;
  }

  /**
   * Appends a stream to the default text, until it ends or writing does: then the rest of it is
   * cancelled, and not waited for.
   *
   * @throws DeltawireError like {@link append}, and what the stream throws, by rejection
   */
  async pipe(stream: TextStream): Promise<void> {
    const source = sourceOf(stream);
    let stop = (): void => undefined;
    const onEnd = () => stop();
    this.#stops.add(onEnd);
    let done = false;
    try {
      this.#require();
      while (!done && !this.#end) {
        const next = await new Promise<IteratorResult<string, unknown> | undefined>(
          (resolve, reject) => {
            stop = () => resolve(undefined);
            source.next().then(resolve, reject);
          },
        );
        done = next?.done === true;
        if (next && !next.done && !this.#end) this.append(next.value);
      }
    } finally {
      this.#stops.delete(onEnd);
      if (!done) source.return?.().catch(() => undefined);
    }
  }

  /**
   * Ends the message well. Resolves when the server has it, as durable as its `welcome` said. To
   * do it twice is to do it once.
   *
   * @throws DeltawireError where the server refused it or cannot be reached, and `closed` where
   *   writing has ended otherwise, by rejection
   */
  complete(): Promise<void> {
    return this.#finish("completed");
  }

  /** Ends the message with an error, which is cut to the bound. Otherwise like {@link complete}. */
  fail({ code, message }: MessageError): Promise<void> {
    const note = message?.slice(0, LIMITS.max_note_length);
    return this.#finish("failed", {
      code,
      ...(note !== undefined && { message: toWellFormed(note) }),
    });
  }

  /** Ends the message before it was done. Otherwise like {@link complete}. */
  cancel(): Promise<void> {
    return this.#finish("cancelled");
  }

  /** Takes the message out of the channel, also when it has ended. Otherwise like {@link complete}. */
  remove(): Promise<void> {
    return this.#endBy({ reason: "removed" }, () => {
      this.#channel.change({ type: "message_removed", id: this.id });
    });
  }

  #finish(status: FinalStatus, error?: MessageError): Promise<void> {
    return this.#endBy({ reason: status }, () => {
      for (const [part, writer] of this.#texts) {
        if (this.message.part(part)?.kind === "text") writer.finish();
      }
      this.#channel.change(this.message.withStatus(status, error).completion());
    });
  }

  #endBy(end: MessageEnd, change: () => void): Promise<void> {
    if (this.#settled && this.#end?.reason === end.reason) return this.#settled;
    const settled = new Promise<void>((resolve) => {
      const isFinal = this.#end && this.#end.reason !== "lost" && this.#end.reason !== "removed";
      if (!isFinal || end.reason !== "removed") this.#require();
      const before = this.message;
      change();
      this.#stop(end, this.#channel.state.message(this.id) ?? before);
      resolve(this.#channel.ended(this).then(() => this.#resolveClosed(end)));
    });
    settled.catch(() => undefined); // who does not wait for it learns it from `closed`
    if (this.#end === end) this.#settled = settled;
    return settled;
  }

  #stop(end: MessageEnd, last: Message | undefined): void {
    this.#last = last;
    this.#end = end;
    for (const stop of this.#stops) stop();
  }

  /** Changes parts, all or none; for the part writers. */
  change(...parts: readonly PartChange[]): void {
    this.#require();
    const { id } = this;
    if (parts.length === 1) this.#channel.change({ type: "message_patch", id, parts });
    else
      this.#channel.change(
        ...parts.map((part) => ({ type: "message_patch", id, parts: [part] }) as const),
      );
  }

  /** A consumer asks to stop; for the channel. Returns whether somebody hears that. */
  stop(): boolean {
    const what = `message ${this.id} is to stop; end it`;
    this.#abort.abort(new DeltawireError("closed", what, this.#place));
    return this.#isWatched;
  }

  /** Something else ended the message; for the channel. */
  end(end: MessageEnd): void {
    this.#stop(end, this.#last ?? this.#channel.state.message(this.id));
    this.#resolveClosed(end);
    this.#abort.abort(end.error);
  }

  get #place(): { readonly channel: string } {
    return { channel: this.#channel.name };
  }

  #require(): void {
    if (!this.#end) return;
    const what = `message ${this.id} has ended (${this.#end.reason}); begin another one`;
    throw this.#end.error ?? new DeltawireError("closed", what, this.#place);
  }
}

/** A stream's chunks; what is left of it is given up by `return`. */
function sourceOf(stream: TextStream): AsyncIterator<string, unknown> {
  if (!("getReader" in stream)) return stream[Symbol.asyncIterator]();
  const reader = stream.getReader(); // its own iterator would wait for the chunk to come
  return {
    next: () => reader.read() as Promise<IteratorResult<string, unknown>>, // of the same form
    return: async () => ({ done: true, value: await reader.cancel() }),
  };
}
