import fc from "fast-check";
import { expect, test } from "vitest";
import { Screen } from "./screen.js";

const SIZE = { cols: 80, rows: 24 };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const write = (screen: Screen, bytes: Uint8Array) =>
  new Promise<void>((shown) => screen.write(bytes, shown));
const blank = () => new Screen(SIZE);

/** Whether there is a base after bytes, in pieces. */
async function isWhole(...pieces: readonly Uint8Array[]): Promise<boolean> {
  const screen = blank();
  for (const piece of pieces) await write(screen, piece);
  return screen.base() !== undefined;
}

/** What a screen becomes that shows a base, and then the rest. */
async function replayed(...pieces: readonly Uint8Array[]): Promise<string> {
  const screen = blank();
  for (const piece of pieces) await write(screen, piece);
  return new TextDecoder().decode(screen.base());
}

const ENTER = "\x1b[m\x1b[?1049h";
const LEAVE = "\x1b[?1049l";
/** What programs print; each has its screen once, and leaves it once. */
const pieces = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme-composite", maxLength: 30 }),
      fc.constantFrom(
        "\r\n",
        "\n",
        "\t",
        "\b",
        "\x1b[H",
        "\x1b[2J",
        "\x1b[K",
        "\x1b[10;20H",
        "\x1b[m",
      ),
      fc.constantFrom("\x1b[1;31m", "\x1b[36m", "\x1b[38;2;1;2;3m", "\x1b[4;9m"),
      fc.constantFrom(
        "\x1b[?25l",
        "\x1b[?25h",
        "\x1b[?1h",
        "\x1b[?2004h",
        "\x1b[?1006h",
        "\x1b[3 q",
      ),
      fc.constantFrom("\x1b]0;a title\x07", "\x1bP$q\x1b\\", "\x1b[5;10r", "\x1b[r", "\x1bM"),
      fc.constantFrom(ENTER, LEAVE),
    ),
    { maxLength: 40 },
  )
  .map((printed) => {
    let isIn = false;
    return printed.filter((piece) => {
      const isMove = piece === ENTER || piece === LEAVE;
      if (isMove && isIn === (piece === ENTER)) return false;
      if (isMove) isIn = !isIn;
      return true;
    });
  });

test("a base, and what comes after it, show what everything together shows", async () => {
  const property = fc.asyncProperty(pieces, fc.nat(), async (printed, cut) => {
    const all = bytesOf(printed.join(""));
    const at = all.length === 0 ? 0 : cut % (all.length + 1);
    const direct = blank();
    await write(direct, all.subarray(0, at));
    const base = direct.base();
    await write(direct, all.subarray(at));
    if (base === undefined) return; // it is not cut there
    expect(await replayed(base, all.subarray(at))).toBe(new TextDecoder().decode(direct.base()));
  });
  await fc.assert(property, { numRuns: 300 });
});

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
])("there is a base after %s, and none before its end", async (_what, text) => {
  const bytes = bytesOf(text);
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(await isWhole(bytes)).toBe(true);
  expect(await isWhole(...pieces)).toBe(true);
  for (let end = 1; end < bytes.length; end++) {
    const isCharacter = text.startsWith("ls") || (text.startsWith("aé") && [1, 3, 6].includes(end));
    expect(await isWhole(...pieces.slice(0, end))).toBe(isCharacter);
  }
});
