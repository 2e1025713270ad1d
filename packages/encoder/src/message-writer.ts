import { type ChannelState, JsonPart, Message } from "@deltawire/protocol";
import {
  type Change,
  checkJson,
  DeltawireError,
  type FinalStatus,
  type JsonObject,
  type MessageError,
  type PartChange,
} from "@deltawire/spec";
import { BytesWriter, JsonWriter, TextWriter } from "./part-writers.js";

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
  change(...changes: readonly Change[]): void;
  /** Sends everything now; resolves when the log holds it. */
  flush(): Promise<void>;
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
  readonly #texts = new Map<string, TextWriter>();
  #end: MessageEnd | undefined;
  #resolveClosed: (end: MessageEnd) => void = () => undefined;

  /** Made by a channel's `write`. */
  constructor(channel: MessageHost, id: string) {
    this.#channel = channel;
    this.id = id;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Aborted when something else than this writer ends the message; hand it to the model call. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether writing has ended. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** The message as every call so far has left it. */
  get message(): Message {
    const message = this.#channel.state.message(this.id);
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

  /** A bytes part; begun by the first call on it. */
  bytes(part: string): BytesWriter {
    return new BytesWriter(this, part);
  }

  /** Takes a part out. @throws DeltawireError `unknown_part` */
  removePart(part: string): this {
    this.change({ type: "part_removed", part });
    this.#texts.delete(part);
    return this;
  }

  /** Makes these the attributes; only what differs travels. */
  setAttributes(attributes: JsonObject): this {
    checkJson(attributes);
    const operations = JsonPart.diff(this.message.attributes, structuredClone(attributes));
    this.#require();
    if (operations.length === 0) return this;
    this.#channel.change({ type: "message_patch", id: this.id, attributes: operations });
    return this;
  }

  /** Appends a stream to the default text until it ends or writing does. */
  async pipe(stream: TextStream): Promise<void> {
    for await (const text of Symbol.asyncIterator in stream ? stream : readAll(stream)) {
      if (this.#end) return;
      this.append(text);
    }
  }

  /**
   * Ends the message well. Resolves when the server has it, as durable as its `welcome` said.
   *
   * @throws DeltawireError where the server refused it or cannot be reached, by rejection
   */
  complete(): Promise<void> {
    return promise(() => this.#finish("completed"));
  }

  /** Ends the message with an error. Otherwise like {@link complete}. */
  fail(error: MessageError): Promise<void> {
    return promise(() => this.#finish("failed", error));
  }

  /** Ends the message before it was done. Otherwise like {@link complete}. */
  cancel(): Promise<void> {
    return promise(() => this.#finish("cancelled"));
  }

  /** Takes the message out of the channel. Otherwise like {@link complete}. */
  remove(): Promise<void> {
    return promise(() => {
      this.#require();
      this.#channel.change({ type: "message_removed", id: this.id });
      return this.#settle({ reason: "removed" });
    });
  }

  #finish(status: FinalStatus, error?: MessageError): Promise<void> {
    if (this.#end?.reason === status) return this.closed.then(() => undefined);
    this.#require();
    for (const [part, writer] of this.#texts) if (this.message.part(part)) writer.finish();
    const final = this.message.withStatus(status, error);
    this.#channel.change(final.completion());
    return this.#settle({ reason: status });
  }

  #settle(end: MessageEnd): Promise<void> {
    this.#end = end;
    return this.#channel.flush().then(() => {
      // A refusal came with the acknowledgement, see `end`.
      if (this.#end?.error) throw this.#end.error;
      this.#resolveClosed(end);
    });
  }

  /** Changes parts; for the part writers. */
  change(...parts: readonly PartChange[]): void {
    this.#require();
    this.#channel.change({ type: "message_patch", id: this.id, parts });
  }

  /** Something else ended the message; for the channel. */
  end(end: MessageEnd): void {
    this.#end = end;
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

/** What a step promises, or its error; who does not wait for it learns it from `closed`. */
function promise(step: () => Promise<void>): Promise<void> {
  const promised = new Promise<void>((resolve) => resolve(step()));
  promised.catch(() => undefined);
  return promised;
}

/** A stream's chunks, where streams are not iterable themselves. */
async function* readAll(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
