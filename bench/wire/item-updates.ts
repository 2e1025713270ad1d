import type { JsonValue } from "@deltawire/spec";
import { touchedBy } from "./edited-lines.js";
import type { ArgumentItem, Item, Items, StringItem, TextItem, ValueItem } from "./items.js";
import { valueAt } from "./json-grains.js";
import { tokensOf } from "./json-places.js";
import type { Edit } from "./peer.js";

/** What becomes of an item in one window. */
export type Update =
  | { readonly item: TextItem | ArgumentItem | StringItem; readonly isNew: boolean; delta: string }
  | { readonly item: TextItem | ValueItem; readonly isNew: boolean; value: JsonValue };

/** Where a producer is in a text part. */
interface Place {
  readonly items: readonly TextItem[];
  readonly lengths: number[];
  appended: number;
  length: number;
}

/** A producer's items: makes of the edits of a window what is to be said about each. */
export class ItemUpdates {
  readonly #items: Items;
  readonly #texts = new Map<string, Place>();
  readonly #contents = new Map<Item, JsonValue>();
  #updates = new Map<Item, Update>();

  constructor(items: Items) {
    this.#items = items;
  }

  /** What there is so far, as it stands, in order of appearance. */
  get contents(): ReadonlyMap<Item, JsonValue> {
    return this.#contents;
  }

  /** One update an item, in the order in which they were touched. */
  apply(edits: readonly Edit[]): Iterable<Update> {
    this.#updates = new Map();
    for (const edit of edits) this.#apply(edit);
    return this.#updates.values();
  }

  #apply(edit: Edit): void {
    switch (edit.is) {
      case "text": {
        const items = this.#items.part(edit.part).items as readonly TextItem[]; // a text part's
        this.#texts.set(edit.part, { items, lengths: [0], appended: 0, length: 0 });
        return;
      }
      case "append":
        this.#append(this.#text(edit.part), edit.text);
        return;
      case "splice":
        this.#splice(this.#text(edit.part), edit);
        return;
      case "json": {
        const { items } = this.#items.part(edit.part);
        for (const item of items) {
          if (item.kind === "argument") this.#grow(item, item.opening);
          else if (item.kind === "string") this.#begin(item, edit.value);
          else if (item.kind === "value") this.#setPiece(item, edit.value);
        }
        return;
      }
      case "patch":
        this.#patch(edit);
    }
  }

  #text(part: string): Place {
    const place = this.#texts.get(part);
    if (place) return place;
    throw new Error(`${part} is no text`);
  }

  #append(text: Place, added: string): void {
    text.length += added.length;
    let rest = added;
    while (rest !== "") {
      const index = text.lengths.length - 1;
      const item = text.items[index]!;
      const room = item.to - text.appended;
      const piece = rest.slice(0, room);
      if (piece !== "") this.#extend(item, piece);
      text.lengths[index]! += piece.length;
      text.appended += piece.length;
      rest = rest.slice(piece.length);
      if (piece.length === room) text.lengths.push(0);
    }
  }

  #extend(item: TextItem, piece: string): void {
    if (item.kind === "text") this.#grow(item, piece);
    else this.#set(item, `${this.#contents.get(item) ?? ""}${piece}`);
  }

  #splice(text: Place, edit: Edit & { readonly is: "splice" }): void {
    if (edit.removed === 0 && edit.offset === text.length) {
      this.#append(text, edit.text);
      return;
    }
    const { from } = touchedBy(edit);
    let index = text.lengths.length - 1;
    let start = text.length - text.lengths[index]!;
    while (start > from) start -= text.lengths[--index]!;
    const item = text.items[index]!;
    const before = String(this.#contents.get(item));
    const at = edit.offset - start;
    this.#set(item, before.slice(0, at) + edit.text + before.slice(at + edit.removed));
    text.lengths[index]! += edit.text.length - edit.removed;
    text.length += edit.text.length - edit.removed;
  }

  #patch({ part, operations, value }: Edit & { readonly is: "patch" }): void {
    const { items, grains, strings, stringsIn } = this.#items.part(part);
    const [only] = items;
    if (!grains) {
      for (const operation of operations) {
        if (operation.op !== "splice" || only?.kind !== "argument") continue;
        this.#grow(only, JSON.stringify(operation.text).slice(1, -1));
      }
      return;
    }
    const touched = new Set<number>();
    const begun = new Set<StringItem>();
    for (const { path, ...operation } of operations) {
      const string = strings.get(path);
      if (!string) touched.add(grains.indexOf(tokensOf(path)));
      else if (!this.#contents.has(string)) begun.add(string);
      else if (operation.op === "splice") this.#grow(string, operation.text);
    }
    for (const index of touched) {
      const item = items[index];
      if (item?.kind === "value") this.#setPiece(item, value);
      for (const string of stringsIn[index] ?? []) begun.add(string);
    }
    for (const string of begun) this.#begin(string, value);
  }

  /** A string that streams, once it is there. */
  #begin(item: StringItem, whole: JsonValue): void {
    if (this.#contents.has(item)) return;
    const text = valueAt(whole, item.place);
    if (typeof text === "string") this.#grow(item, text);
  }

  /** A piece of JSON, without the strings that stream in it. */
  #setPiece(item: ValueItem, whole: JsonValue): void {
    const piece = valueAt(whole, item.place);
    const strings = this.#items.part(item.part).stringsIn[item.index] ?? [];
    if (strings.length === 0 || piece === undefined) {
      this.#set(item, piece);
      return;
    }
    const rest: Record<string, JsonValue> = { ...Object(piece) };
    for (const { place } of strings) delete rest[place.at(-1) ?? ""];
    this.#set(item, rest);
  }

  #grow(item: TextItem | ArgumentItem | StringItem, delta: string): void {
    const isNew = !this.#contents.has(item);
    this.#contents.set(item, `${this.#contents.get(item) ?? ""}${delta}`);
    const update = this.#updates.get(item);
    if (update && "delta" in update) update.delta += delta;
    else this.#updates.set(item, { item, isNew, delta });
  }

  #set(item: TextItem | ValueItem, value: JsonValue | undefined): void {
    if (value === undefined) return;
    const isNew = !this.#contents.has(item);
    this.#contents.set(item, value);
    const update = this.#updates.get(item);
    if (update && "value" in update) update.value = value;
    else this.#updates.set(item, { item, isNew, value });
  }
}
