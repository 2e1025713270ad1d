import { Text } from "@deltawire/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type TextEdit, TextSource } from "./text-source.js";

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** What of a producer's text is on the wire: PROTOCOL.md, 3.1. */
const wireOf = (raw: string): string =>
  (isHigh(raw.charCodeAt(raw.length - 1)) ? raw.slice(0, -1) : raw).toWellFormed();

const unit = fc.constantFrom(
  "a",
  "é",
  "漢",
  "\ud83d",
  "\ude00",
  "\ude01",
  "😀",
  "\u0000",
  "\n",
  "\ufffd",
);
const text = fc.array(unit, { maxLength: 6 }).map((units) => units.join(""));

describe("TextSource", () => {
  test("whatever is written, and however: the wire has its well-formed form, by whole pairs", () => {
    const edit = fc.oneof(
      fc.record({ is: fc.constant("append"), text, at: fc.nat(), removed: fc.nat() }),
      fc.record({ is: fc.constant("splice"), text, at: fc.nat(), removed: fc.nat({ max: 4 }) }),
      fc.record({ is: fc.constant("set"), text, at: fc.nat(), removed: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        let source = new TextSource();
        let raw = "";
        let wire = "";
        const take = ({ splices, written, whole }: TextEdit) => {
          for (const { changed_offset: offset, removed, text } of splices.slice().reverse()) {
            expect(text.isWellFormed()).toBe(true);
            expect(wire.slice(0, offset).isWellFormed()).toBe(true);
            expect(wire.slice(offset + removed).isWellFormed()).toBe(true);
            wire = wire.slice(0, offset) + text + wire.slice(offset + removed);
          }
          source = new TextSource(Text.of(wire), written);
          expect(whole ?? wire).toBe(wire);
        };
        for (const { is, text, at, removed } of edits) {
          const offset = at % (raw.length + 1);
          const count = Math.min(removed, raw.length - offset);
          if (is === "append") {
            take(source.append(text));
            raw += text;
          } else if (is === "splice") {
            take(source.splice(offset, count, text));
            raw = raw.slice(0, offset) + text + raw.slice(offset + count);
          } else {
            take(source.set(text));
            raw = text;
          }
          expect(wire).toBe(wireOf(raw));
          expect(source.length).toBe(raw.length);
        }
        take(source.finish());
        expect(wire).toBe(raw.toWellFormed());
      }),
      { numRuns: 1500 },
    );
  });

  test("what lies outside is refused, and nothing has happened", () => {
    const source = new TextSource(Text.of("abc"));
    for (const [offset, removed] of [
      [4, 0],
      [2, 2],
      [-1, 0],
      [0.5, 0],
    ] as const) {
      expect(() => source.splice(offset, removed, "x")).toThrow(
        expect.objectContaining({ code: "offset_out_of_range" }),
      );
    }
    expect(source.append("d").splices).toEqual([{ changed_offset: 3, removed: 0, text: "d" }]);
  });

  test("a text that grew is one append, however long it is", () => {
    const long = "漢字 ".repeat(100_000);
    expect(new TextSource(Text.of(long)).set(`${long}!`).splices).toEqual([
      { changed_offset: long.length, removed: 0, text: "!" },
    ]);
  });
});
