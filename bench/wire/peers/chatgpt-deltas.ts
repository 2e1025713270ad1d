import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { valueAt } from "../json-grains.js";
import { tokensOf } from "../json-places.js";

/** A change at a JSON pointer; without `p` or `o` where they are those of the frame before. */
export interface Delta {
  readonly p?: string;
  readonly o?: "add" | "append" | "patch" | "remove" | "replace";
  readonly v?: JsonValue | readonly Delta[];
  /** Which message of the conversation; the one before where it is left out. */
  readonly c?: number;
}

/** Writes frames, and leaves out of each what the one before had. */
export class DeltaWriter {
  #before: Delta = {};

  /** What comes next is read by somebody who has not read what was before. */
  restate(): void {
    this.#before = {};
  }

  /** The changes of one message, as one event. */
  write(deltas: readonly Delta[], c: number): string {
    const [only] = deltas;
    const delta: Delta = deltas.length === 1 && only ? only : { p: "", o: "patch", v: deltas };
    const { p, o, v } = delta;
    const before = this.#before;
    this.#before = { ...delta, c };
    const frame = {
      ...(p !== before.p && { p }),
      ...(o !== before.o && { o }),
      ...(v !== undefined && { v }),
      ...(c !== before.c && { c }),
    };
    return `event: delta\ndata: ${JSON.stringify(frame)}\n\n`;
  }
}

/** The changes of a JSON value: a string that grows at its end is appended to, not sent again. */
export class JsonDeltas {
  readonly #path: string;
  readonly #lengths = new Map<string, number>();
  value: JsonValue;

  constructor(path: string, value: JsonValue) {
    this.#path = path;
    this.value = value;
  }

  apply(operations: readonly JsonOperation[], value: JsonValue): Delta[] {
    const deltas: Delta[] = [];
    const whole = new Set<string>();
    for (const operation of operations) {
      const p = this.#path + operation.path;
      if (operation.op !== "splice") {
        this.#lengths.clear();
        whole.clear();
        const v = operation.op === "remove" ? {} : { v: operation.value };
        deltas.push({ p, o: operation.op, ...v });
      } else if (this.#isAppend(operation)) {
        if (!whole.has(operation.path)) deltas.push({ p, o: "append", v: operation.text });
      } else if (!whole.has(operation.path)) {
        whole.add(operation.path);
        deltas.push({ p, o: "replace", v: valueAt(value, tokensOf(operation.path)) ?? "" });
      }
    }
    this.value = value;
    return deltas;
  }

  #isAppend(operation: JsonOperation & { readonly op: "splice" }): boolean {
    const { path, changed_offset: offset, removed, text } = operation;
    const length = this.#lengths.get(path) ?? this.#lengthBefore(path);
    if (length === undefined) return false;
    this.#lengths.set(path, length + text.length - removed);
    return removed === 0 && offset === length;
  }

  #lengthBefore(path: string): number | undefined {
    const before = valueAt(this.value, tokensOf(path));
    return typeof before === "string" ? before.length : undefined;
  }
}

/** A reader's messages: what the page does with each frame. */
export class DeltaReader {
  readonly #roots: Record<string, JsonValue>[] = [];
  #p = "";
  #tokens: readonly string[] = [];
  #o: Delta["o"];
  #c = 0;

  /** @throws Error where something is not there */
  read({ p = this.#p, o = this.#o, v, c = this.#c }: Delta): void {
    if (p !== this.#p) this.#tokens = tokensOf(p);
    this.#p = p;
    this.#o = o;
    this.#c = c;
    if (o !== "patch") {
      this.#change(this.#tokens, o, v as JsonValue | undefined); // a value for all but `patch`
      return;
    }
    for (const inner of v as readonly Delta[]) {
      this.#change(tokensOf(inner.p ?? ""), inner.o, inner.v as JsonValue | undefined); // likewise
    }
  }

  at(c: number, place: readonly string[]): JsonValue | undefined {
    return valueAt(this.#roots[c] ?? null, place);
  }

  #change(tokens: readonly string[], o: Delta["o"], v: JsonValue | undefined): void {
    const last = tokens.at(-1);
    if (last === undefined) {
      this.#roots[this.#c] = Object(v);
      return;
    }
    let inside: unknown = this.#roots[this.#c];
    for (let i = 0; i < tokens.length - 1; i++) inside = Object(inside)[tokens[i] ?? ""];
    if (typeof inside !== "object" || inside === null) throw new Error(`no ${tokens.join("/")}`);
    const container = inside as Record<string, JsonValue | undefined>; // an index is a key too
    if (o === "append") {
      const text = container[last];
      if (typeof text !== "string") throw new Error(`no text at ${tokens.join("/")}`);
      container[last] = text + v;
    } else if (o === "remove") {
      if (Array.isArray(inside)) inside.splice(Number(last), 1);
      else delete container[last];
    } else if (o === "add" && Array.isArray(inside)) {
      inside.splice(last === "-" ? inside.length : Number(last), 0, v);
    } else {
      container[last] = v;
    }
  }
}
