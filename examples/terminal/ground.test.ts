import { expect, test } from "vitest";
import { Ground } from "./ground.js";

const after = (...pieces: readonly (string | readonly number[])[]): boolean => {
  const ground = new Ground();
  for (const piece of pieces) {
    ground.pass(
      typeof piece === "string" ? new TextEncoder().encode(piece) : Uint8Array.from(piece),
    );
  }
  return ground.isReached;
};

test.each([
  ["text", "ls -l\r\n"],
  ["a colour", "\x1b[1;31m"],
  ["a title, by a bell", "\x1b]0;vim\x07"],
  ["a title, by ST", "\x1b]0;vim\x1b\\"],
  ["a string", "\x1bP$q\x1b\\"],
  ["a string in which a bell rings", "\x1bP\x07q\x1b\\"],
  ["a character set", "\x1b(B"],
  ["a control of one character", "\x1bM"],
  ["what is cancelled", "\x1b[1;\x18"],
  ["a control of eight bits", "\u009b1m"],
  ["characters of every length", "aé€😀"],
])("%s ends on the ground, and nothing before its end does", (_what, text) => {
  expect(after(text)).toBe(true);
  expect(after(...text)).toBe(true);
  const bytes = new TextEncoder().encode(text);
  const isPlain = text.startsWith("ls");
  for (let end = 1; end < bytes.length && !isPlain; end++) {
    const isWhole = text.startsWith("aé") && [1, 3, 6].includes(end);
    expect(after([...bytes.subarray(0, end)])).toBe(isWhole);
  }
});

test("a byte that belongs to nothing is no character that something lacks", () => {
  expect(after([0xe2, 0x41])).toBe(true);
  expect(after([0x80, 0x80])).toBe(true);
});
