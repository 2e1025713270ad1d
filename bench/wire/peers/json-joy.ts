import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { Model, type NodeBuilder, Patch, s } from "json-joy/lib/json-crdt/index.js";
import { JsonPlaces, tokensOf } from "../json-places.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../peer.js";

/** What a message begins with that is a whole document; no patch of a server's clock does. */
const DOCUMENT = 0xff;

class JsonJoySender implements Sender {
  readonly #model = Model.withServerClock();
  readonly #places: JsonPlaces;

  constructor(input: Input) {
    this.#places = new JsonPlaces(input);
    this.#model.api.set(s.obj({}));
  }

  send(edits: readonly Edit[]): readonly Message[] {
    for (const edit of edits) this.#make(edit);
    const patch = this.#model.api.flush();
    return patch.ops.length === 0 ? [] : [patch.toBinary()];
  }

  #make(edit: Edit): void {
    const { part } = edit;
    const { api } = this.#model;
    if (edit.is === "text") api.add([part], s.str(""));
    else if (edit.is === "json") api.add([part], this.#nodeOf(edit.value, [part]));
    else if (edit.is === "patch") {
      for (const operation of edit.operations) this.#change(part, operation);
    } else if (edit.is === "append") {
      const text = api.str([part]);
      text.ins(text.length(), edit.text);
    } else this.#splice([part], edit.offset, edit.removed, edit.text);
  }

  #change(part: string, operation: JsonOperation): void {
    const { api } = this.#model;
    const place = [part, ...tokensOf(operation.path)];
    if (operation.op === "splice") {
      this.#splice(place, operation.changed_offset, operation.removed, operation.text);
      return;
    }
    const isDone =
      operation.op === "remove"
        ? api.remove(place)
        : api[operation.op](place, this.#nodeOf(operation.value, place));
    if (!isDone) throw new Error(`cannot ${operation.op} ${operation.path}`);
  }

  #splice(place: readonly string[], offset: number, removed: number, inserted: string): void {
    const text = this.#model.api.str(place);
    if (removed > 0) text.del(offset, removed);
    if (inserted !== "") text.ins(offset, inserted);
  }

  /** A value as the node in which it can change as it does; what does not change is a constant. */
  #nodeOf(value: JsonValue, place: readonly string[]): NodeBuilder {
    if (this.#places.isText(place, value)) return s.str(value);
    if (typeof value !== "object" || value === null || !this.#places.isContainer(place)) {
      return s.con(value);
    }
    if (Array.isArray(value)) {
      return s.arr(value.map((item: JsonValue) => this.#nodeOf(item, [...place, "-"])));
    }
    const entries = Object.entries(value);
    return s.obj(
      Object.fromEntries(entries.map(([key, item]) => [key, this.#nodeOf(item, [...place, key])])),
    );
  }

  end(): readonly Message[] {
    return [];
  }

  join(): readonly Message[] {
    const model = this.#model.toBinary();
    const message = new Uint8Array(model.length + 1);
    message[0] = DOCUMENT;
    message.set(model, 1);
    return [message];
  }
}

class JsonJoyReceiver implements Receiver {
  #model: Model = Model.withServerClock();
  #hasNoticed = false;

  receive(message: Message): void {
    if (typeof message === "string") return;
    if (message[0] === DOCUMENT) {
      this.#model = Model.fromBinary(message.subarray(1));
      return;
    }
    try {
      this.#model.applyPatch(Patch.fromBinary(message));
    } catch {
      this.#hasNoticed = true;
    }
  }

  read(part: string): string | JsonValue | undefined {
    // The sender's nodes hold nothing but JSON.
    return this.#model.api.read([part]) as JsonValue | undefined;
  }

  /** A patch from the future throws: with a server's clock, every patch follows the one before. */
  get hasNoticed(): boolean {
    return this.#hasNoticed;
  }
}

/** json-joy's JSON CRDT: a patch for each window, ordered by the clock of its one server. */
export const jsonJoy: Peer = {
  name: "json-joy",
  title: "json-joy",
  package: "json-joy",
  framing: "websocket",
  sender: (input) => new JsonJoySender(input),
  receiver: () => new JsonJoyReceiver(),
};
