import type { JsonValue } from "@deltawire/spec";
import type { Input } from "./peer.js";

/** The tokens of a JSON pointer (RFC 6901). */
export function tokensOf(pointer: string): string[] {
  const tokens = pointer.split("/").slice(1);
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * Which places of a run's JSON parts change, as the schema of an application tells its CRDT: a
 * string that streams is a text, what changes inside is a container, the rest is plain JSON. The
 * elements of an array are one place. A place is a part and the tokens of a pointer.
 */
export class JsonPlaces {
  readonly #streaming = new Set<string>();
  readonly #changing = new Set<string>();

  constructor(input: Input) {
    for (const { edits } of input.steps) {
      for (const edit of edits) {
        if (edit.is !== "patch") continue;
        for (const { op, path } of edit.operations) {
          const place = [edit.part, ...tokensOf(path)];
          if (op === "splice") this.#streaming.add(nameOf(place));
          for (let end = place.length - 1; end > 0; end--) {
            this.#changing.add(nameOf(place.slice(0, end)));
          }
        }
      }
    }
  }

  /** Whether a string stands there that is edited, not replaced. */
  isText(place: readonly string[], value: JsonValue): value is string {
    return typeof value === "string" && this.#streaming.has(nameOf(place));
  }

  /** Whether something changes inside the value that stands there. */
  isContainer(place: readonly string[]): boolean {
    return this.#changing.has(nameOf(place));
  }
}

function nameOf(place: readonly string[]): string {
  return place.map((token) => (/^(\d+|-)$/.test(token) ? "*" : token)).join("\n");
}
