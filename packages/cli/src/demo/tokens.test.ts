import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutTokens } from "./tokens.js";

const FAMILY = "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";

describe("cutTokens", () => {
  it("cuts as o200k_base does", async () => {
    expect(await cutTokens("Hello world, tokenization!")).toEqual([
      "Hello",
      " world",
      ",",
      " token",
      "ization",
      "!",
    ]);
  });

  it.each([
    ["emoji joined by ZWJ", `a ${FAMILY} b ${FAMILY}${FAMILY}`],
    [
      "skin tones and flags",
      "\u{1F44D}\u{1F3FD} \u{1F3F3}\uFE0F\u200D\u{1F308} \u{1F1EF}\u{1F1F5}",
    ],
    ["CJK, in and beyond the basic plane", "漢字かな交じり文、\u{20BB7}野家、한국어"],
    ["combining marks", "Zoe\u0308 Nguye\u0302\u0303n Z\u0351\u036B\u0343"],
    ["CRLF, CR, LF and other separators", "a\r\n\r\nb\rc\n\n\nd\u2028e\u2029f\u0085g\u000Bh"],
    ["a byte order mark at the start", "\uFEFFabc"],
    ["a byte order mark elsewhere", "a\uFEFFb \uFEFF\uFEFF"],
    ["NUL and control characters", "a\u0000b\u0000\u0000\u0001\u001B[31m\u007F"],
    ["names of special tokens", "<|endoftext|><|im_start|>user<|im_sep|> <|endofprompt|>"],
    ["right-to-left text", "שלום עולם مرحبا بالعالم"],
    ["white space only", " \t\u00A0\u3000  \n   \n"],
    ["one character", "\u{1F600}"],
  ])("loses nothing of %s", async (_, text) => {
    const tokens = await cutTokens(text);
    expect(tokens.join("")).toBe(text);
    expect(tokens).not.toContain("");
    for (const token of tokens) expect(token).not.toMatch(/\uFFFD/);
  });

  it("loses nothing of any well-formed text, and cuts no character", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.constantFrom(FAMILY, "\uFEFF", "\r\n", "   ", "\u{1F600}".repeat(700), "字".repeat(1030)),
    );
    const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const tokens = await cutTokens(text);
        expect(tokens.join("")).toBe(text);
        for (const token of tokens) expect(token).toBe(Buffer.from(token).toString());
      }),
    );
  });

  it("has no tokens for no text", async () => {
    expect(await cutTokens("")).toEqual([]);
  });

  it("takes time in proportion on a long run without spaces", async () => {
    // Uncut, these take the tokenizer minutes: the test's own time limit is what fails.
    for (const unit of ["a", "\n", " ", "的", "\u{1F600}"]) {
      const text = unit.repeat(200_000 / unit.length);
      expect((await cutTokens(text)).join("") === text).toBe(true);
    }
  });
});
