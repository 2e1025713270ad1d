import { client, methods, ndJsonStream, type SessionUpdate } from "@agentclientprotocol/sdk";
import type { JsonValue } from "@deltawire/spec";
import { ItemUpdates, type Update } from "../item-updates.js";
import { type Item, Items } from "../items.js";
import type { Input, Message, Peer, Receiver, Sender } from "../peer.js";

const SESSION = "1";
const TITLE = "call";

/** As `ndJsonStream` of the package writes a notification, without the end of the line. */
const line = (update: SessionUpdate): string => {
  const params = { sessionId: SESSION, update };
  return JSON.stringify({ jsonrpc: "2.0", method: methods.client.session.update, params });
};

/** Whether a message's chunks follow each other, so that its id can be left out. */
const isOneText = (items: Items): boolean => new Set(items.all.map(({ part }) => part)).size === 1;

function chunk(text: string, messageId: string | undefined): SessionUpdate {
  const content = { type: "text", text } as const;
  return { sessionUpdate: "agent_message_chunk", content, ...(messageId && { messageId }) };
}

function call({ id: toolCallId, kind }: Item, isNew: boolean, value: JsonValue): SessionUpdate {
  if (kind === "line") {
    const sessionUpdate = isNew ? "tool_call" : "tool_call_update";
    return { sessionUpdate, toolCallId, title: String(value) };
  }
  if (!isNew) return { sessionUpdate: "tool_call_update", toolCallId, rawOutput: value };
  return { sessionUpdate: "tool_call", toolCallId, title: TITLE, rawOutput: value };
}

function sender(input: Input): Sender {
  const items = Items.withoutArguments(input);
  const updates = new ItemUpdates(items);
  const isUnnamed = isOneText(items);
  const chunkOf = ({ id }: Item, text: string) => chunk(text, isUnnamed ? undefined : id);
  const lineOf = (update: Update) => {
    const { item, isNew } = update;
    return line("value" in update ? call(item, isNew, update.value) : chunkOf(item, update.delta));
  };
  return {
    send: (edits) => Array.from(updates.apply(edits), lineOf),
    // The answer to `session/prompt` is the end; it is none of the session's updates.
    end: () => [],
    // `session/load`: the agent tells the whole conversation again, each message as it is now.
    join: () =>
      Array.from(updates.contents, ([item, content]) =>
        line(item.kind === "text" ? chunkOf(item, String(content)) : call(item, true, content)),
      ),
  };
}

/** An editor, on the package's own connection. */
class Editor implements Receiver {
  readonly #items: Items;
  readonly #lines = new TransformStream<Uint8Array>();
  readonly #writer = this.#lines.writable.getWriter();
  readonly #utf8 = new TextEncoder();
  readonly #contents = new Map<string, JsonValue>();
  /** The texts of a message whose chunks have no id, in order. */
  readonly #unnamed: readonly string[];
  #next = 0;
  #open: string | undefined;
  #taken: () => void = () => {};
  hasNoticed = false;

  constructor(input: Input) {
    this.#items = Items.withoutArguments(input);
    const texts = this.#items.all.filter(({ kind }) => kind === "text");
    this.#unnamed = isOneText(this.#items) ? texts.map(({ id }) => id) : [];
    const nowhere = new WritableStream<Uint8Array>();
    client()
      .onNotification(methods.client.session.update, ({ params }) => {
        this.#take(params.update);
        this.#taken();
      })
      .connect(ndJsonStream(nowhere, this.#lines.readable));
  }

  async receive(message: Message): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#taken = resolve;
    });
    await Promise.all([taken, this.#writer.write(this.#utf8.encode(`${message}\n`))]);
  }

  read(part: string): JsonValue | undefined {
    return this.#items.read(part, ({ id }) => this.#contents.get(id));
  }

  #take(update: SessionUpdate): void {
    if (update.sessionUpdate === "agent_message_chunk") {
      const { content, messageId } = update;
      const id = messageId ?? this.#open ?? this.#unnamed[this.#next++] ?? "";
      if (!messageId) this.#open = id;
      const text = content.type === "text" ? content.text : "";
      this.#contents.set(id, String(this.#contents.get(id) ?? "") + text);
      return;
    }
    if (update.sessionUpdate !== "tool_call" && update.sessionUpdate !== "tool_call_update") return;
    const { sessionUpdate, toolCallId, title, rawOutput } = update;
    const isNew = sessionUpdate === "tool_call";
    if (isNew)
      this.#open = undefined; // what is written next stands below it
    else if (!this.#contents.has(toolCallId)) this.hasNoticed = true;
    this.#contents.set(toolCallId, (rawOutput as JsonValue | undefined) ?? title ?? ""); // see sender
  }
}

/**
 * Agent Client Protocol, version 1: what is written goes in chunks of a message, which can only
 * grow; a tool call's title and output are replaced whole. So a line that is edited back is a tool
 * call between two texts, and JSON a tool call for each entry; an argument cannot stream.
 */
export const acp: Peer = {
  name: "acp",
  title: "ACP, JSON-RPC lines",
  package: "@agentclientprotocol/sdk",
  framing: "lines",
  sender,
  receiver: (input) => new Editor(input),
};
