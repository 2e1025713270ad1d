import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { LoroDoc, LoroList, LoroMap, LoroText } from "loro-crdt";
import { JsonPlaces, tokensOf } from "../json-places.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../peer.js";

/** Where the JSON parts are; each text part is a container of its own at the top. */
const VALUES = "values";

/** A peer's id is 64 random bits; it is always the same here, so that runs agree. */
const PEER = "11400714819323198485";

class LoroSender implements Sender {
  readonly #doc = new LoroDoc();
  readonly #places: JsonPlaces;
  readonly #updates: Uint8Array[] = [];

  constructor(input: Input) {
    this.#places = new JsonPlaces(input);
    this.#doc.setPeerId(PEER);
    this.#doc.subscribeLocalUpdates((update) => this.#updates.push(update));
  }

  send(edits: readonly Edit[]): readonly Message[] {
    for (const edit of edits) this.#make(edit);
    this.#doc.commit();
    return this.#updates.splice(0);
  }

  #make(edit: Edit): void {
    if (edit.is === "json") {
      this.#set(this.#doc.getMap(VALUES), edit.part, edit.value, [edit.part]);
      return;
    }
    if (edit.is === "patch") {
      for (const operation of edit.operations) this.#change(edit.part, operation);
      return;
    }
    const text = this.#doc.getText(edit.part);
    if (edit.is === "append") text.push(edit.text);
    if (edit.is === "splice") text.splice(edit.offset, edit.removed, edit.text);
  }

  #change(part: string, operation: JsonOperation): void {
    const place = [part, ...tokensOf(operation.path)];
    let inside: unknown = this.#doc.getMap(VALUES);
    for (const token of place.slice(0, -1)) inside = childOf(inside, token);
    const last = place.at(-1) ?? part;
    if (operation.op === "splice") {
      const text = childOf(inside, last);
      if (!(text instanceof LoroText)) throw new Error(`no text at ${operation.path}`);
      text.splice(operation.changed_offset, operation.removed, operation.text);
    } else if (inside instanceof LoroMap) {
      if (operation.op === "remove") inside.delete(last);
      else this.#set(inside, last, operation.value, place);
    } else if (inside instanceof LoroList) {
      const index = last === "-" ? inside.length : Number(last);
      if (operation.op !== "add") inside.delete(index, 1);
      if (operation.op !== "remove") this.#insert(inside, index, operation.value, place);
    } else throw new Error(`no container at ${operation.path}`);
  }

  #set(map: LoroMap, key: string, value: JsonValue, place: readonly string[]): void {
    const container = this.#containerOf(value, place);
    if (container) this.#fill(map.setContainer(key, container), value, place);
    else map.set(key, value);
  }

  #insert(list: LoroList, index: number, value: JsonValue, place: readonly string[]): void {
    const container = this.#containerOf(value, place);
    if (container) this.#fill(list.insertContainer(index, container), value, place);
    else list.insert(index, value);
  }

  /** The container in which a value can change as it does; none for what does not change. */
  #containerOf(
    value: JsonValue,
    place: readonly string[],
  ): LoroText | LoroList | LoroMap | undefined {
    if (this.#places.isText(place, value)) return new LoroText();
    if (typeof value !== "object" || value === null) return undefined;
    if (!this.#places.isContainer(place)) return undefined;
    return Array.isArray(value) ? new LoroList() : new LoroMap();
  }

  #fill(container: LoroText | LoroList | LoroMap, value: JsonValue, place: readonly string[]) {
    if (container instanceof LoroText) container.push(String(value));
    else if (container instanceof LoroList && Array.isArray(value)) {
      for (const [i, item] of value.entries()) this.#insert(container, i, item, [...place, "-"]);
    } else if (container instanceof LoroMap) {
      for (const [key, item] of Object.entries(Object(value))) {
        // What a JSON object holds is JSON.
        this.#set(container, key, item as JsonValue, [...place, key]);
      }
    }
  }

  end(): readonly Message[] {
    return [];
  }

  join(): readonly Message[] {
    const frontiers = this.#doc.frontiers();
    const all = this.#doc.export({ mode: "update" });
    const snapshot = this.#doc.export({ mode: "snapshot" });
    const shallow = this.#doc.export({ mode: "shallow-snapshot", frontiers });
    return [[all, snapshot, shallow].reduce((a, b) => (b.length < a.length ? b : a))];
  }
}

function childOf(inside: unknown, token: string): unknown {
  if (inside instanceof LoroMap) return inside.get(token);
  return inside instanceof LoroList ? inside.get(Number(token)) : undefined;
}

class LoroReceiver implements Receiver {
  readonly #doc = new LoroDoc();
  #hasNoticed = false;

  receive(message: Message): void {
    if (typeof message === "string") return;
    const { pending } = this.#doc.import(message);
    if (pending && Object.keys(pending).length + pending.size > 0) this.#hasNoticed = true;
  }

  read(part: string): string | JsonValue | undefined {
    const value = this.#doc.getMap(VALUES).get(part);
    if (value === undefined) return this.#doc.getText(part).toString();
    const isContainer =
      value instanceof LoroMap || value instanceof LoroList || value instanceof LoroText;
    // What the sender has put there is JSON, as plain values or in containers.
    return (isContainer ? value.toJSON() : value) as JsonValue;
  }

  get hasNoticed(): boolean {
    return this.#hasNoticed;
  }
}

/** Loro: a document that each window changes in one commit; who joins gets its shortest export. */
export const loro: Peer = {
  name: "loro",
  title: "Loro",
  package: "loro-crdt",
  framing: "websocket",
  sender: (input) => new LoroSender(input),
  receiver: () => new LoroReceiver(),
};
