import type { JsonValue } from "@deltawire/spec";
import { stream } from "@durable-streams/client";
import { type ChangeEvent, isChangeEvent } from "@durable-streams/state";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../peer.js";
import { PlainValue } from "../plain-value.js";
import { applyTo, type Growth, StatedParts, type StreamEvent } from "./durable-streams-events.js";
import { StreamLog } from "./durable-streams-log.js";

/** The part of an input that is one text which only grows: its tokens need no envelope. */
function onlyText({ steps }: Input): string | undefined {
  const parts = new Set<string>();
  for (const { edits } of steps) {
    for (const { is, part } of edits) {
      if (is !== "text" && is !== "append") return undefined;
      parts.add(part);
    }
  }
  const [part, ...others] = parts;
  return others.length === 0 ? part : undefined;
}

class DurableStreamsSender implements Sender {
  readonly #parts = new StatedParts();
  readonly #log = new StreamLog();
  readonly #onlyText: boolean;

  constructor(input: Input) {
    this.#onlyText = onlyText(input) !== undefined;
  }

  /** What the producer posts. */
  send(edits: readonly Edit[]): readonly Message[] {
    const messages = this.#onlyText ? tokensOf(edits) : this.#parts.eventsFor(edits);
    return messages.length === 0 ? [] : [JSON.stringify(messages)];
  }

  relay(messages: readonly Message[]): readonly Message[] {
    return messages.map((message) => this.#log.append(message));
  }

  end(): readonly Message[] {
    return [];
  }

  join(): readonly Message[] {
    return this.#log.catchUp();
  }
}

function tokensOf(edits: readonly Edit[]): string[] {
  return edits.flatMap((edit) => (edit.is === "append" ? [edit.text] : []));
}

/** The log from its beginning is the first response; the events are the one after it. */
class DurableStreamsReceiver implements Receiver {
  readonly #onlyText: string | undefined;
  readonly #values = new Map<string, PlainValue>();
  #events: ReadableStreamDefaultController<Uint8Array> | undefined;
  #onBatch: () => void = () => undefined;
  #hasNoticed = false;

  constructor(input: Input) {
    this.#onlyText = onlyText(input);
    if (this.#onlyText !== undefined) this.#values.set(this.#onlyText, new PlainValue(""));
  }

  /** A string is events, anything else the log. */
  async receive(message: Message): Promise<void> {
    if (typeof message !== "string") return this.#begin(message);
    // Its stream has ended with an error; nothing more is read.
    if (this.#hasNoticed) return;
    if (!this.#events) await this.#begin(Buffer.from("[]"));
    const batch = this.#nextBatch();
    this.#events?.enqueue(Buffer.from(message));
    await batch;
  }

  #nextBatch(): Promise<void> {
    return new Promise((resolve) => {
      this.#onBatch = resolve;
    });
  }

  async #begin(log: Uint8Array): Promise<void> {
    const batch = this.#nextBatch();
    const events = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#events = controller;
      },
    });
    const responses = [responseOf(log), responseOf(events)];
    const response = await stream<string | StreamEvent>({
      url: "http://127.0.0.1/run",
      live: "sse",
      fetch: async () => responses.shift() ?? new Response(null, { status: 404 }),
    });
    response.closed.catch(() => {
      this.#hasNoticed = true;
      this.#onBatch();
    });
    response.subscribeJson(({ items }) => {
      for (const item of items) this.#apply(item);
      this.#onBatch();
    });
    await batch;
  }

  #apply(item: string | StreamEvent): void {
    if (typeof item === "string") this.#grow({ part: this.#onlyText ?? "", text: item });
    else if ("text" in item) this.#grow(item);
    else if (isChangeEvent(item)) applyTo(this.#values, item as ChangeEvent<JsonValue>);
  }

  #grow({ part, path = "", text }: Growth): void {
    const value = this.#values.get(part);
    const changed_offset = String(value?.at(path)).length;
    value?.apply({ op: "splice", path, changed_offset, removed: 0, text });
  }

  read(part: string): string | JsonValue | undefined {
    return this.#values.get(part)?.value;
  }

  get hasNoticed(): boolean {
    return this.#hasNoticed;
  }
}

function responseOf(body: Uint8Array | ReadableStream<Uint8Array>): Response {
  const headers = {
    "content-type": body instanceof ReadableStream ? "text/event-stream" : "application/json",
    "stream-next-offset": "-1",
    "stream-up-to-date": "true",
  };
  return new Response(body as BodyInit, { headers });
}

/**
 * Durable Streams in JSON mode, read as server-sent events. A text that grows is a message for each
 * window; what its log cannot say is a change event of its state protocol, which states an entity
 * whole. (As text/plain, its client takes a space from the beginning of each event.)
 */
export const durableStreams: Peer = {
  name: "durable-streams",
  title: "Durable Streams",
  package: "@durable-streams/server",
  framing: "events",
  sender: (input) => new DurableStreamsSender(input),
  receiver: (input) => new DurableStreamsReceiver(input),
};
