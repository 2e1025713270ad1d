import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeJson, escapeText, unescapeJson } from "./escape.js";

/** What the escape is made of, and what looks like it. */
const odd = fc
  .array(fc.constantFrom("\0", "\u007f", "\u2400", "\\", '"', "u0000", "\n", "a", "😀", "文"))
  .map((pieces) => pieces.join(""));

const value = fc.letrec((tie) => ({
  any: fc.oneof(odd, fc.jsonValue(), fc.array(tie("any")), fc.dictionary(odd, tie("any"))),
})).any;

describe("escape", () => {
  it("L8: gives every JSON value back as it was, keys too", () => {
    fc.assert(
      fc.property(value, (it) => {
        const json = JSON.stringify(it);
        const escaped = escapeJson(json);
        expect(escaped).not.toMatch(/(?<!\\)(\\\\)*\\u0000/);
        expect(unescapeJson(escaped)).toBe(json);
      }),
    );
  });

  it("writes a text by itself as it writes it inside of JSON", () => {
    fc.assert(
      fc.property(odd, (text) => {
        expect(escapeText(text)).not.toContain("\0");
        expect(JSON.parse(escapeJson(JSON.stringify(text)))).toBe(escapeText(text));
      }),
    );
  });

  it("L8: shows NUL as a picture, and leaves the text of nearly everybody alone", () => {
    expect(escapeText("a\0b")).toBe("a\u2400b");
    expect(escapeText("a\u2400b\u007f")).toBe("a\u007f\u2400b\u007f\u007f");
    expect(escapeText("\\u0000 ü 😀 \u0001\ufffd")).toBe("\\u0000 ü 😀 \u0001\ufffd");
    expect(escapeJson(JSON.stringify("\\u0000"))).toBe(JSON.stringify("\\u0000"));
  });
});
