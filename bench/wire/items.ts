import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { EditedLines } from "./edited-lines.js";
import { JsonGrains, valueAt } from "./json-grains.js";
import { tokensOf } from "./json-places.js";
import type { Input } from "./peer.js";

interface Named {
  /** One among all of a run; short, as every peer is free to choose. */
  readonly id: string;
  readonly part: string;
  /** Its place in the part. */
  readonly index: number;
}

/** A stretch of a text part: one that only grows, or a line that is edited back, so sent whole. */
export interface TextItem extends Named {
  readonly kind: "text" | "line";
  /** Where it ends in all that is appended to the part. */
  readonly to: number;
}

/** A piece of a JSON part that is sent whole. */
export interface ValueItem extends Named {
  readonly kind: "value";
  readonly place: readonly string[];
}

/** A JSON part whose last string streams: JSON text that grows, as of a tool call's arguments. */
export interface ArgumentItem extends Named {
  readonly kind: "argument";
  /** What stands before the string that streams, and behind it. */
  readonly opening: string;
  readonly closing: string;
}

/** A string that streams in a piece of a JSON part: a text of its own, which only grows. */
export interface StringItem extends Named {
  readonly kind: "string";
  readonly place: readonly string[];
}

export type Item = TextItem | ValueItem | ArgumentItem | StringItem;

/** What a part consists of. */
export interface Parted {
  readonly items: readonly Item[];
  readonly grains?: JsonGrains;
  /** By pointer. */
  readonly strings: ReadonlyMap<string, StringItem>;
  /** By the index of the piece that they are of. */
  readonly stringsIn: readonly (readonly StringItem[])[];
}

const streamed = new WeakMap<Input, Items>();
const unstreamed = new WeakMap<Input, Items>();

/**
 * A run as messages of an agent protocol that can append to a text and replace a small thing whole,
 * but not edit a text: its user knows which lines change later (the status of a tool call) and makes
 * them things of their own. So this looks ahead in the run; both sides of a peer find the same.
 */
export class Items {
  readonly all: readonly Item[];
  readonly #parts: ReadonlyMap<string, Parted>;

  private constructor(input: Input, hasArguments: boolean) {
    const lines = new Map<string, EditedLines>();
    const values = new Map<string, { initial: JsonValue; operations: JsonOperation[] }>();
    const order = new Set<string>();
    for (const edit of input.steps.flatMap(({ edits }) => edits)) {
      order.add(edit.part);
      if (edit.is === "text") lines.set(edit.part, new EditedLines());
      else if (edit.is === "append") lines.get(edit.part)?.append(edit.text.length);
      else if (edit.is === "splice") lines.get(edit.part)?.splice(edit);
      else if (edit.is === "json") values.set(edit.part, { initial: edit.value, operations: [] });
      else values.get(edit.part)?.operations.push(...edit.operations);
    }
    const all: Item[] = [];
    const parts = new Map<string, Parted>();
    for (const part of order) {
      const name = (): Named => ({ id: String(all.length), part, index: all.length - from });
      const from = all.length;
      const json = values.get(part);
      const argument = hasArguments && json && streaming(json.initial, json.operations);
      const grains = json && !argument ? new JsonGrains(json.initial, json.operations) : undefined;
      if (argument) all.push({ ...name(), ...argument });
      for (const place of grains?.places ?? []) all.push({ ...name(), kind: "value", place });
      const strings = new Map<string, StringItem>();
      const stringsIn: StringItem[][] = (grains?.places ?? []).map(() => []);
      for (const path of (hasArguments && json && grains && growing(json.operations, grains)) ||
        []) {
        const item: StringItem = { ...name(), kind: "string", place: tokensOf(path) };
        strings.set(path, item);
        stringsIn[grains?.indexOf(item.place) ?? 0]?.push(item);
        all.push(item);
      }
      for (const item of runs(lines.get(part))) all.push({ ...name(), ...item });
      parts.set(part, { items: all.slice(from), ...(grains && { grains }), strings, stringsIn });
    }
    this.all = all;
    this.#parts = parts;
  }

  static of(input: Input): Items {
    return Items.#of(input, true, streamed);
  }

  /** For a protocol without arguments that stream: they are values like any other. */
  static withoutArguments(input: Input): Items {
    return Items.#of(input, false, unstreamed);
  }

  static #of(input: Input, hasArguments: boolean, known: WeakMap<Input, Items>): Items {
    const items = known.get(input) ?? new Items(input, hasArguments);
    known.set(input, items);
    return items;
  }

  /** @throws Error where the run has no such part */
  part(part: string): Parted {
    const parted = this.#parts.get(part);
    if (parted) return parted;
    throw new Error(`no part ${part}`);
  }

  /** A part, of what its items show. */
  read(part: string, contentOf: (item: Item) => JsonValue | undefined): JsonValue | undefined {
    const { items, grains } = this.part(part);
    const [only] = items;
    if (grains) return this.complete(part, this.pieces(part, contentOf), contentOf);
    if (items.length === 1 && only) {
      return contentOf(only) ?? (only.kind === "text" ? "" : undefined);
    }
    let text = "";
    for (const item of items) text += contentOf(item) ?? "";
    return text;
  }

  /** A JSON part of its pieces, without the strings that stream in it. */
  pieces(part: string, contentOf: (item: Item) => JsonValue | undefined): JsonValue | undefined {
    const { items, grains } = this.part(part);
    let next = 0;
    return grains?.whole(() => contentOf(items[next++]!)); // an item for each place, in order
  }

  /** Puts the strings that stream into a JSON part, in place. */
  complete(
    part: string,
    pieces: JsonValue | undefined,
    contentOf: (item: Item) => JsonValue | undefined,
  ): JsonValue | undefined {
    if (pieces === undefined) return undefined;
    for (const item of this.part(part).strings.values()) {
      const text = contentOf(item);
      const inside = valueAt(pieces, item.place.slice(0, -1));
      if (text !== undefined) Object(inside)[item.place.at(-1) ?? ""] = text;
    }
    return pieces;
  }
}

type Run = Pick<TextItem, "kind" | "to">;

/** The stretches of a text part. */
function runs(lines: EditedLines | undefined): Run[] {
  if (!lines) return [];
  const found: Run[] = [];
  let end = 0;
  for (const { from, to } of lines.stretches) {
    if (from > end) found.push({ kind: "text", to: from });
    found.push({ kind: "line", to });
    end = to;
  }
  return [...found, { kind: "text", to: Number.POSITIVE_INFINITY }];
}

/** The JSON text around the only string that changes, if it is the last thing and begins empty. */
function streaming(
  initial: JsonValue,
  operations: readonly JsonOperation[],
): Pick<ArgumentItem, "kind" | "opening" | "closing"> | undefined {
  const path = operations[0]?.path;
  if (path === undefined || !operations.every((one) => one.path === path && isGrowth(one)))
    return undefined;
  const place = tokensOf(path);
  const isLast = place.every((token, depth) => {
    const inside = valueAt(initial, place.slice(0, depth));
    return Object.keys(inside ?? {}).at(-1) === token;
  });
  if (!isLast || valueAt(initial, place) !== "") return undefined;
  const json = JSON.stringify(initial);
  const middle = json.lastIndexOf('""') + 1;
  return { kind: "argument", opening: json.slice(0, middle), closing: json.slice(middle) };
}

/** The members of a part's pieces that are strings, and only grow once they do. */
function growing(operations: readonly JsonOperation[], { depth }: JsonGrains): string[] {
  const lengths = new Map<string, number>();
  const others = new Set<string>();
  for (const operation of operations) {
    const { path } = operation;
    if (operation.op !== "splice") {
      for (const known of lengths.keys()) {
        if (known === path || known.startsWith(`${path}/`)) others.add(known);
      }
      continue;
    }
    const { changed_offset: offset } = operation;
    const length = lengths.get(path) ?? offset;
    const isMember = tokensOf(path).length === depth + 1;
    if (!isGrowth(operation) || offset !== length || !isMember) others.add(path);
    lengths.set(path, length + operation.text.length);
  }
  return [...lengths.keys()].filter((path) => !others.has(path));
}

function isGrowth(operation: JsonOperation): boolean {
  return operation.op === "splice" && operation.removed === 0;
}
