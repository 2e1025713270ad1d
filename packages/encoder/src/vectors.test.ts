import { readFileSync } from "node:fs";
import type { Splice } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { TextSource } from "./text-source.js";

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

describe("fidelity.json, producers", () => {
  it.each(producers)("$name", ({ steps, finished }) => {
    let wire = "";
    const apply = (splices: readonly Splice[]): string => {
      for (const { changed_offset: at, removed, text } of splices.slice().reverse()) {
        expect(text.isWellFormed()).toBe(true);
        wire = wire.slice(0, at) + text + wire.slice(at + removed);
      }
      return wire;
    };
    const [appended, set] = [new TextSource(), new TextSource()];
    let whole = "";
    for (const step of steps) {
      whole += step.written;
      set.set(whole);
      expect(apply(appended.append(step.written))).toBe(step.wire);
      expect(set.length).toBe(appended.length);
    }
    expect(apply(appended.finish())).toBe(finished);
  });
});
