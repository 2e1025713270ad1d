import type { JsonValue } from "@deltawire/spec";
import { stream } from "@durable-streams/client";
import { type ChangeEvent, isChangeEvent, MaterializedState } from "@durable-streams/state";
import { ItemUpdates, type Update } from "../item-updates.js";
import { type Item, Items } from "../items.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../peer.js";
import { StreamLog } from "./durable-streams-log.js";

/** A token: what a text grows by. Where there is one text alone, the string itself. */
type Token = string | { readonly id: string; readonly text: string };

/** What the application appends: tokens, and the events of the state protocol. */
type StreamMessage = Token | ChangeEvent<JsonValue>;

/** The type of the entities that are stated whole. */
const ENTITY = "item";

/** What an input consists of, where that is one text alone, or the JSON text of one argument. */
function onlyText({ all: [item, ...others] }: Items): Item | undefined {
  const isText = item?.kind === "text" || item?.kind === "argument";
  return isText && others.length === 0 ? item : undefined;
}

class DurableStreamsSender implements Sender {
  readonly #updates: ItemUpdates;
  readonly #log = new StreamLog();
  readonly #onlyText: Item | undefined;

  constructor(input: Input) {
    const items = Items.of(input);
    this.#updates = new ItemUpdates(items);
    this.#onlyText = onlyText(items);
  }

  /** What the producer posts. */
  send(edits: readonly Edit[]): readonly Message[] {
    const messages = Array.from(this.#updates.apply(edits), (update) => this.#messageFor(update));
    return messages.length === 0 ? [] : [JSON.stringify(messages)];
  }

  #messageFor(update: Update): StreamMessage {
    const { item, isNew } = update;
    if ("delta" in update) {
      const { delta: text } = update;
      return item === this.#onlyText ? text : { id: item.id, text };
    }
    const headers = { operation: isNew ? ("insert" as const) : ("update" as const) };
    return { type: ENTITY, key: item.id, value: update.value, headers };
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

/** The log from its beginning is the first response; the events are the one after it. */
class DurableStreamsReceiver implements Receiver {
  readonly #items: Items;
  readonly #state = new MaterializedState();
  readonly #texts = new Map<string, string>();
  #events: ReadableStreamDefaultController<Uint8Array> | undefined;
  #onBatch: () => void = () => undefined;
  #hasNoticed = false;

  constructor(input: Input) {
    this.#items = Items.of(input);
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
    const response = await stream<StreamMessage>({
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

  #apply(message: StreamMessage): void {
    if (typeof message === "string") this.#grow(onlyText(this.#items)?.id ?? "", message);
    else if ("text" in message) this.#grow(message.id, message.text);
    else if (isChangeEvent(message)) this.#state.apply(message);
  }

  #grow(id: string, text: string): void {
    this.#texts.set(id, (this.#texts.get(id) ?? "") + text);
  }

  read(part: string): JsonValue | undefined {
    return this.#items.read(part, (item) => {
      const text = this.#texts.get(item.id);
      if (text === undefined) return this.#state.get<JsonValue>(ENTITY, item.id);
      return item.kind === "argument" ? JSON.parse(text + item.closing) : text;
    });
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
 * window; its log cannot say anything else of a text, so what is edited back is an entity of its
 * state protocol, which is stated whole. (As text/plain, its client takes a space from the
 * beginning of an event.)
 */
export const durableStreams: Peer = {
  name: "durable-streams",
  title: "Durable Streams",
  package: "@durable-streams/server",
  framing: "events",
  sender: (input) => new DurableStreamsSender(input),
  receiver: (input) => new DurableStreamsReceiver(input),
};
