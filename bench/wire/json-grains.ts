import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { tokensOf } from "./json-places.js";

type Container = Readonly<Record<string, JsonValue>> | readonly JsonValue[];

const isContainer = (value: JsonValue | undefined): value is Container =>
  typeof value === "object" && value !== null;

/** What stands at a place. */
export function valueAt(value: JsonValue, place: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const token of place) {
    if (!isContainer(found)) return undefined;
    found = (found as Readonly<Record<string, JsonValue>>)[token]; // an array's index is a key too
  }
  return found;
}

/**
 * The pieces of a JSON part that a program keeps apart, each by its own id: the elements of an
 * array at the root, or the entries of containers below the root, where something changes inside
 * of them (tool calls in a list of tool calls); else the part as a whole.
 */
export class JsonGrains {
  /** How many tokens of a pointer name a piece. */
  readonly depth: 0 | 1 | 2;
  /** Every piece there ever is, in order. */
  readonly places: readonly (readonly string[])[];
  readonly #initial: JsonValue;
  readonly #indices = new Map<string, number>();

  constructor(initial: JsonValue, operations: readonly JsonOperation[]) {
    this.#initial = initial;
    const paths = operations.map(({ path }) => tokensOf(path));
    const wanted = Array.isArray(initial) ? 1 : paths.some(({ length }) => length > 2) ? 2 : 0;
    this.depth =
      isContainer(initial) && operations.every((operation) => this.#fits(operation, wanted))
        ? wanted
        : 0;
    const places: (readonly string[])[] = [];
    for (const place of [
      ...this.#in(initial),
      ...paths.map((tokens) => tokens.slice(0, this.depth)),
    ]) {
      const name = place.join("/");
      if (!this.#indices.has(name)) this.#indices.set(name, places.push(place) - 1);
    }
    this.places = places;
  }

  /** Which piece a pointer leads to, or into. */
  indexOf(tokens: readonly string[]): number {
    return this.#indices.get(tokens.slice(0, this.depth).join("/")) ?? -1;
  }

  /** The part, of its pieces; undefined ones are not there yet. */
  whole(contentOf: (place: readonly string[]) => JsonValue | undefined): JsonValue | undefined {
    if (this.depth === 0) return contentOf([]);
    const root = this.#skeleton();
    for (const place of this.places) {
      const content = contentOf(place);
      if (content === undefined) continue;
      const inside = place.length === 2 ? root[place[0] ?? ""] : root;
      (inside as Record<string, JsonValue>)[place.at(-1) ?? ""] = content; // checked by #fits
    }
    return root as JsonValue;
  }

  #skeleton(): Record<string, JsonValue> {
    const empty = (value: JsonValue): JsonValue => (Array.isArray(value) ? [] : {});
    const root = empty(this.#initial) as Record<string, JsonValue>; // an array's index is a key too
    if (this.depth < 2) return root;
    for (const [key, value] of Object.entries(this.#initial as Container)) {
      if (isContainer(value)) root[key] = empty(value);
    }
    return root;
  }

  /** The pieces of a value of the part. */
  #in(value: JsonValue): (readonly string[])[] {
    if (this.depth === 0) return [[]];
    return Object.entries(value as Container).flatMap(([key, inner]) =>
      this.depth === 1 || !isContainer(inner)
        ? [[key]]
        : Object.keys(inner).map((name) => [key, name]),
    );
  }

  /** Whether an operation leaves the other pieces where they are. */
  #fits({ op, path }: JsonOperation, depth: number): boolean {
    const tokens = tokensOf(path);
    if (tokens.slice(0, depth).includes("-")) return false;
    const inside = isContainer(valueAt(this.#initial, tokens.slice(0, 1)));
    if (depth < 2)
      return depth === 0 || tokens.length > 1 || (tokens.length === 1 && op !== "remove");
    if (tokens.length === 1) return op === "replace" && !inside;
    return inside && (tokens.length > 2 || op !== "remove");
  }
}
