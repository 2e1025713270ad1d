import type { JsonValue } from "@deltawire/spec";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { ItemUpdates, type Update } from "../item-updates.js";
import { type Item, Items } from "../items.js";
import type { Input, Message, Peer, Receiver, Sender } from "../peer.js";

const TOOL = "write";

/** As `JsonToSseTransformStream` of the package writes a chunk. */
const event = (chunk: UIMessageChunk): string => `data: ${JSON.stringify(chunk)}\n\n`;

const LAST = "data: [DONE]\n\n";

/** What grows as a text does: a text, and a string in JSON that streams. */
const isText = ({ kind }: Item): boolean => kind === "text" || kind === "string";

function begin(item: Item): UIMessageChunk[] {
  if (isText(item)) return [{ type: "text-start", id: item.id }];
  if (item.kind !== "argument") return [];
  return [{ type: "tool-input-start", toolCallId: item.id, toolName: TOOL }];
}

function chunksOf(update: Update): UIMessageChunk[] {
  const { item, isNew } = update;
  const chunks = isNew ? begin(item) : [];
  if ("value" in update)
    chunks.push({ type: `data-${item.kind}`, id: item.id, data: update.value });
  else if (update.delta === "") return chunks;
  else if (isText(item)) chunks.push({ type: "text-delta", id: item.id, delta: update.delta });
  else chunks.push({ type: "tool-input-delta", toolCallId: item.id, inputTextDelta: update.delta });
  return chunks;
}

function complete(item: Item, content: JsonValue): UIMessageChunk[] {
  if (isText(item)) return [{ type: "text-end", id: item.id }];
  if (item.kind !== "argument") return [];
  const closing = {
    type: "tool-input-delta",
    toolCallId: item.id,
    inputTextDelta: item.closing,
  } as const;
  const input: unknown = JSON.parse(content + item.closing);
  return [closing, { type: "tool-input-available", toolCallId: item.id, toolName: TOOL, input }];
}

function sender(input: Input): Sender {
  const updates = new ItemUpdates(Items.of(input));
  const sent: string[] = [];
  let hasBegun = false;
  const write = (chunks: UIMessageChunk[]): string[] => {
    const events = chunks.map(event);
    sent.push(...events);
    return events;
  };
  return {
    send(edits) {
      const chunks: UIMessageChunk[] = hasBegun ? [] : [{ type: "start" }, { type: "start-step" }];
      hasBegun = true;
      for (const update of updates.apply(edits)) chunks.push(...chunksOf(update));
      return write(chunks);
    },
    end() {
      const chunks = [...updates.contents].flatMap(([item, content]) => complete(item, content));
      return [...write([...chunks, { type: "finish-step" }, { type: "finish" }]), LAST];
    },
    // A stream that is resumed is replayed from its beginning, as its documents have it.
    join: () => [...sent],
  };
}

/** A chunk's beginning up to its id, where the reader shows nothing new for it. */
const UNSHOWN = /^data: (?:\[|\{"type":"(?:start|start-step|finish-step|finish)")/;

const TEXT_START = /^data: \{"type":"text-start","id":"([^"]+)"/;

/** The package's own way from a response to a message: its transport, and its reader. */
class Reader implements Receiver {
  readonly #items: Items;
  readonly #body = new TransformStream<Uint8Array>();
  readonly #writer = this.#body.writable.getWriter();
  readonly #utf8 = new TextEncoder();
  /** Text parts of a message have no id; they stand in the order in which they began. */
  readonly #texts: string[] = [];
  #message: UIMessage | undefined;
  #shown: () => void = () => {};
  hasNoticed = false;

  constructor(input: Input) {
    this.#items = Items.of(input);
    void this.#run();
  }

  async #run(): Promise<void> {
    const transport = new DefaultChatTransport({
      api: "http://localhost/api/chat",
      fetch: async () => new Response(this.#body.readable),
    });
    const options = { chatId: "1", messageId: undefined, messages: [], abortSignal: undefined };
    const stream = await transport.sendMessages({ ...options, trigger: "submit-message" });
    const onError = () => {
      this.hasNoticed = true;
    };
    for await (const message of readUIMessageStream({ stream, onError })) {
      this.#message = message;
      this.#shown();
    }
    this.#shown();
  }

  async receive(message: Message): Promise<void> {
    const text = message as string; // see sender
    const [, id] = TEXT_START.exec(text) ?? [];
    if (id !== undefined) this.#texts.push(id);
    const bytes = this.#utf8.encode(text);
    if (this.hasNoticed) return;
    if (UNSHOWN.test(text)) {
      await this.#writer.write(bytes);
      return;
    }
    const shown = new Promise<void>((resolve) => {
      this.#shown = resolve;
    });
    await Promise.all([shown, this.#writer.write(bytes)]);
  }

  read(part: string): JsonValue | undefined {
    const contents = new Map<string, JsonValue>();
    let texts = 0;
    for (const shown of this.#message?.parts ?? []) {
      if (shown.type === "text") contents.set(this.#texts[texts++] ?? "", shown.text);
      else if ("data" in shown && shown.id)
        contents.set(shown.id, shown.data as JsonValue); // see sender
      else if ("toolCallId" in shown) contents.set(shown.toolCallId, shown.input as JsonValue); // likewise
    }
    return this.#items.read(part, ({ id }) => contents.get(id));
  }
}

/**
 * The AI SDK's UI message stream: a text can only grow, and a data part with the same id takes the
 * place of the one before. So what is edited back (a status line in the text) is a data part of its
 * own, between two texts, and JSON a data part for each tool call, sent whole, but for
 * strings that stream in it, which are texts. The arguments of a call stream as JSON text.
 */
export const aiSdk: Peer = {
  name: "ai-sdk",
  title: "AI SDK, UI message stream",
  package: "ai",
  framing: "events",
  sender,
  receiver: (input) => new Reader(input),
};
