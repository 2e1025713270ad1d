import {
  type AGUIEvent,
  type Message as AgMessage,
  EventType,
  type JsonPatchOperation,
} from "@ag-ui/core";
import type { JsonValue } from "@deltawire/spec";
import jsonPatch from "fast-json-patch";
import { ItemUpdates, type Update } from "../item-updates.js";
import { type Item, Items } from "../items.js";
import { valueAt } from "../json-grains.js";
import { tokensOf } from "../json-places.js";
import type { Edit, Input } from "../peer.js";

const TOOL = "write";
const STATUS = "STATUS";
const RUN = { threadId: "1", runId: "1" };

type State = Record<string, JsonValue>;

const pathOf = (part: string): string => `/${jsonPatch.escapePathComponent(part)}`;

/**
 * RFC 6902 of the edits of JSON parts: a string is replaced whole, once, after what is around it;
 * but not one that streams, which is a message of its own.
 */
function patchOf(edits: readonly Edit[], items: Items): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  for (const edit of edits) {
    if (edit.is !== "json" && edit.is !== "patch") continue;
    const { part, value } = edit;
    const { grains, strings } = items.part(part);
    if (!grains) continue; // the arguments of a call
    if (edit.is === "json") {
      operations.push({ op: "add", path: pathOf(part), value });
      continue;
    }
    const spliced = new Set<string>();
    for (const operation of edit.operations) {
      const path = pathOf(part) + operation.path;
      if (strings.has(operation.path)) continue;
      if (operation.op === "splice") spliced.add(operation.path);
      else operations.push({ ...operation, path });
    }
    for (const path of spliced) {
      const text = valueAt(value, tokensOf(path));
      if (text === undefined) continue;
      operations.push({ op: "replace", path: pathOf(part) + path, value: text });
    }
  }
  return operations;
}

/**
 * An agent's side. What streams goes as chunk events, which leave the id out while it stays the
 * same; a line that is edited back is an activity, whose snapshot replaces the one before; JSON is
 * in the state, and changes by its deltas.
 */
export class AgUiAgent {
  readonly #items: Items;
  readonly #updates: ItemUpdates;
  /** What the next chunk without an id belongs to. */
  #open: Item | undefined;
  #hasBegun = false;

  constructor(input: Input) {
    this.#items = Items.of(input);
    this.#updates = new ItemUpdates(this.#items);
  }

  send(edits: readonly Edit[]): AGUIEvent[] {
    const events: AGUIEvent[] = this.#hasBegun ? [] : [{ type: EventType.RUN_STARTED, ...RUN }];
    this.#hasBegun = true;
    for (const update of this.#updates.apply(edits)) {
      if (update.item.kind !== "value") events.push(this.#event(update));
    }
    const delta = patchOf(edits, this.#items);
    if (delta.length > 0) {
      this.#open = undefined; // closes it, at the other end too
      events.push({ type: EventType.STATE_DELTA, delta });
    }
    return events;
  }

  end(): AGUIEvent[] {
    const events: AGUIEvent[] = [];
    for (const item of this.#updates.contents.keys()) {
      if (item.kind !== "argument") continue;
      events.push(this.#event({ item, isNew: false, delta: item.closing }));
    }
    return [...events, { type: EventType.RUN_FINISHED, ...RUN }];
  }

  /** The messages and the state as they are; what is open then has to be named again. */
  join(): AGUIEvent[] {
    this.#open = undefined;
    const { contents } = this.#updates;
    const messages = [...contents].filter(([{ kind }]) => kind !== "value").map(messageOf);
    const snapshot: State = {};
    for (const { part, kind } of contents.keys()) {
      if (kind !== "value" || part in snapshot) continue;
      snapshot[part] = this.#items.pieces(part, (item) => contents.get(item)) ?? null;
    }
    return [
      { type: EventType.RUN_STARTED, ...RUN },
      { type: EventType.MESSAGES_SNAPSHOT, messages },
      { type: EventType.STATE_SNAPSHOT, snapshot },
    ];
  }

  #event(update: Update): AGUIEvent {
    const { item } = update;
    const { id } = item;
    if ("value" in update) {
      const content = { text: update.value };
      return { type: EventType.ACTIVITY_SNAPSHOT, messageId: id, activityType: STATUS, content };
    }
    const { delta } = update;
    const isOpen = this.#open === item;
    this.#open = item;
    if (item.kind !== "argument") {
      return { type: EventType.TEXT_MESSAGE_CHUNK, ...(!isOpen && { messageId: id }), delta };
    }
    const named = isOpen ? {} : { toolCallId: id, toolCallName: TOOL };
    return { type: EventType.TOOL_CALL_CHUNK, ...named, delta };
  }
}

function messageOf([{ id, kind }, content]: [Item, JsonValue]): AgMessage {
  const text = String(content);
  if (kind === "text" || kind === "string") return { id, role: "assistant", content: text };
  if (kind === "line") return { id, role: "activity", activityType: STATUS, content: { text } };
  const call = { id, type: "function", function: { name: TOOL, arguments: text } } as const;
  return { id, role: "assistant", toolCalls: [call] };
}

/** What a page keeps: the package has types and encodings only, so this does as its client does. */
export class AgUiPage {
  readonly #items: Items;
  readonly #texts = new Map<string, string>();
  #state: State = {};
  #open: string | undefined;
  hasNoticed = false;

  constructor(input: Input) {
    this.#items = Items.of(input);
  }

  take(event: AGUIEvent): void {
    switch (event.type) {
      case EventType.TEXT_MESSAGE_CHUNK:
        this.#grow(event.messageId, event.delta);
        return;
      case EventType.TOOL_CALL_CHUNK:
        this.#grow(event.toolCallId, event.delta);
        return;
      case EventType.ACTIVITY_SNAPSHOT:
        this.#texts.set(event.messageId, String(event.content.text));
        return;
      case EventType.MESSAGES_SNAPSHOT:
        for (const message of event.messages) this.#set(message);
        break;
      case EventType.STATE_SNAPSHOT:
        this.#state = event.snapshot;
        break;
      case EventType.STATE_DELTA:
        this.#patch(event.delta);
    }
    this.#open = undefined;
  }

  read(part: string): JsonValue | undefined {
    const contentOf = (item: Item): JsonValue | undefined => {
      const text = this.#texts.get(item.id);
      if (item.kind !== "argument" || text === undefined) return text;
      return JSON.parse(text.endsWith(item.closing) ? text : text + item.closing);
    };
    if (!this.#items.part(part).grains) return this.#items.read(part, contentOf);
    return this.#items.complete(part, this.#state[part], contentOf);
  }

  #grow(id: string | undefined, delta = ""): void {
    if (id !== undefined) this.#open = id;
    if (this.#open === undefined)
      this.hasNoticed = true; // a chunk that belongs to nothing
    else this.#texts.set(this.#open, (this.#texts.get(this.#open) ?? "") + delta);
  }

  #set(message: AgMessage): void {
    const [call] = message.role === "assistant" ? (message.toolCalls ?? []) : [];
    const content = message.role === "activity" ? message.content.text : message.content;
    this.#texts.set(message.id, call ? call.function.arguments : String(content));
  }

  #patch(delta: JsonPatchOperation[]): void {
    try {
      jsonPatch.applyPatch(this.#state, delta, true);
    } catch {
      this.hasNoticed = true;
    }
  }
}
