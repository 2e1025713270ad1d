import type { JsonValue } from "@deltawire/spec";
import { ItemUpdates, type Update } from "../item-updates.js";
import { Items } from "../items.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../peer.js";
import { type Delta, DeltaReader, DeltaWriter, JsonDeltas } from "./chatgpt-deltas.js";

const ENCODING = 'event: delta_encoding\ndata: "v1"\n\n';
const DONE = "data: [DONE]\n\n";
const PARTS = "/message/content/parts";

const message = (id: string, parts: readonly JsonValue[]): Delta => ({
  p: "",
  o: "add",
  v: {
    message: {
      id,
      author: { role: "assistant" },
      content: { content_type: "text", parts },
      status: "in_progress",
    },
  },
});

/** Parts of a run are messages of the conversation, stretches of a text a message's parts. */
class Conversation implements Sender {
  readonly #updates: ItemUpdates;
  readonly #writer = new DeltaWriter();
  /** Messages by part, in order. */
  readonly #numbers = new Map<string, number>();
  readonly #json = new Map<string, JsonDeltas>();

  constructor(input: Input) {
    this.#updates = new ItemUpdates(Items.of(input));
  }

  send(edits: readonly Edit[]): Message[] {
    const events: Message[] = this.#numbers.size === 0 ? [ENCODING] : [];
    const deltas = new Map<string, Delta[]>();
    const texts: Edit[] = [];
    for (const edit of edits) {
      if (edit.is === "text" || edit.is === "json") events.push(this.#begin(edit));
      if (edit.is === "patch") {
        const changes = this.#json.get(edit.part)?.apply(edit.operations, edit.value);
        deltas.set(edit.part, [...(deltas.get(edit.part) ?? []), ...(changes ?? [])]);
      } else if (edit.is !== "json") {
        texts.push(edit);
      }
    }
    for (const update of this.#updates.apply(texts)) {
      const { part } = update.item;
      const before = deltas.get(part);
      if (before) before.push(this.#delta(update));
      else deltas.set(part, [this.#delta(update)]);
    }
    for (const [part, changes] of deltas) {
      if (changes.length > 0)
        events.push(this.#writer.write(changes, this.#numbers.get(part) ?? 0));
    }
    return events;
  }

  end(): Message[] {
    const status: Delta = { p: "/message/status", o: "replace", v: "finished_successfully" };
    return [...Array.from(this.#numbers.values(), (c) => this.#writer.write([status], c)), DONE];
  }

  join(): Message[] {
    const parts = new Map<string, JsonValue[]>();
    for (const [part, json] of this.#json) parts.set(part, [json.value]);
    for (const [{ part }, content] of this.#updates.contents) {
      const before = parts.get(part);
      if (before) before.push(content);
      else parts.set(part, [content]);
    }
    this.#writer.restate();
    const events = Array.from(this.#numbers, ([part, c]) =>
      this.#writer.write([message(part, parts.get(part) ?? [""])], c),
    );
    this.#writer.restate();
    return [ENCODING, ...events];
  }

  #begin(edit: Edit & { readonly is: "text" | "json" }): Message {
    const c = this.#numbers.size;
    this.#numbers.set(edit.part, c);
    if (edit.is === "text") return this.#writer.write([message(edit.part, [""])], c);
    this.#json.set(edit.part, new JsonDeltas(`${PARTS}/0`, edit.value));
    return this.#writer.write([message(edit.part, [edit.value])], c);
  }

  #delta(update: Update): Delta {
    const { item, isNew } = update;
    const p = `${PARTS}/${item.index}`;
    const v = "value" in update ? update.value : update.delta;
    if (isNew && item.index > 0) return { p, o: "add", v };
    return { p, o: "value" in update ? "replace" : "append", v };
  }
}

class Page implements Receiver {
  readonly #reader = new DeltaReader();
  readonly #parts: readonly string[];
  hasNoticed = false;

  constructor(input: Input) {
    const all = input.steps.flatMap(({ edits }) => edits);
    this.#parts = [...new Set(all.map(({ part }) => part))];
  }

  receive(event: Message): void {
    const text = event as string; // see sender
    if (!text.startsWith("event: delta\n")) return;
    const delta: Delta = JSON.parse(text.slice("event: delta\ndata: ".length));
    try {
      this.#reader.read(delta);
    } catch {
      this.hasNoticed = true;
    }
  }

  read(part: string): JsonValue | undefined {
    const parts = this.#reader.at(this.#parts.indexOf(part), ["message", "content", "parts"]);
    if (!Array.isArray(parts)) return undefined;
    return parts.length === 1 ? parts[0] : parts.join("");
  }
}

/**
 * What ChatGPT's web page is sent, "delta encoding" v1, as it can be seen there: changes at JSON
 * pointers, without pointer and operation where they stay the same, several of a message as one
 * `patch`. There is no package; both sides are made here. A string is appended to or replaced.
 */
export const chatgpt: Peer = {
  name: "chatgpt",
  title: "ChatGPT's delta encoding",
  framing: "events",
  sender: (input) => new Conversation(input),
  receiver: (input) => new Page(input),
};
