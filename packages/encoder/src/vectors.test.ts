import { readFileSync } from "node:fs";
import { Text } from "@deltawire/protocol";
import { describe, expect, it } from "vitest";
import { type TextEdit, TextSource } from "./text-source.js";

// What spec/vectors/README.md asks of a producer's text, asked of this one.

interface Vector {
  readonly name: string;
  readonly steps: readonly { readonly written: string; readonly wire: string }[];
  readonly finished: string;
}

const file = new URL("../../../spec/vectors/fidelity.json", import.meta.url);
const { producers }: { readonly producers: readonly Vector[] } = JSON.parse(
  readFileSync(file, "utf8"),
);

/** A text that is written, and what its edits make of the text on the wire. */
class Written {
  source = new TextSource();
  #wire = "";

  apply({ splices, written }: TextEdit): string {
    for (const { changed_offset: at, removed, text } of splices.slice().reverse()) {
      expect(text.isWellFormed()).toBe(true);
      this.#wire = this.#wire.slice(0, at) + text + this.#wire.slice(at + removed);
    }
    this.source = new TextSource(Text.of(this.#wire), written);
    return this.#wire;
  }
}

describe("fidelity.json, producers", () => {
  it.each(producers)("$name", ({ steps, finished }) => {
    const written = new Written();
    const set = new Written();
    let whole = "";
    for (const step of steps) {
      whole += step.written;
      expect(written.apply(written.source.append(step.written))).toBe(step.wire);
      expect(set.apply(set.source.set(whole))).toBe(step.wire);
      expect(set.source.length).toBe(written.source.length);
    }
    expect(written.apply(written.source.finish())).toBe(finished);
  });
});
