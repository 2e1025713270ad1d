import { describe, expect, it } from "vitest";
import { refusal } from "./testing/refusal.js";
import { decodeUtf8, utf8Length, withText } from "./utf8.js";

const lengths = [...Array.from({ length: 40 }, (_, i) => i), 5000, 6000, 20_000];

/** Texts of a length: ASCII, and with another character at the beginning, in the middle, at the end. */
const texts = (length: number): string[] => {
  const ascii = Array.from({ length }, (_, i) => String.fromCharCode(i % 128)).join("");
  const places = [0, length >> 1, length];
  const others = ["\x80", "é", "文", "🧵", "\ufeff"];
  return [
    ascii,
    ...places.flatMap((at) => others.map((other) => ascii.slice(0, at) + other + ascii.slice(at))),
  ];
};

describe("UTF-8", () => {
  it("is what the platform makes of it, whatever the length", () => {
    for (const text of lengths.flatMap(texts)) {
      const bytes = withText([1, 2, 3], text);
      expect(Buffer.from(bytes).equals(Buffer.from(`\x01\x02\x03${text}`))).toBe(true);
      expect(bytes.buffer.byteLength).toBe(bytes.length);
      expect(decodeUtf8(bytes, 3)).toBe(text);
      expect(utf8Length(text)).toBe(bytes.length - 3);
    }
  });

  it("of a text is not changed by the next one", () => {
    const first = withText([7], "first");
    withText([8], "second");
    expect(Buffer.from(first).toString()).toBe("\x07first");
  });

  it("is refused where it is not well-formed, short or long", () => {
    for (const length of [0, 3, 4, 21, 22, 23, 24, 25, 400]) {
      for (const wrong of [[0x80], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
        const bytes = Uint8Array.from([...Buffer.alloc(length, "a"), ...wrong]);
        expect(refusal(() => decodeUtf8(bytes, 0))?.code).toBe("ill_formed_text");
      }
    }
  });
});
