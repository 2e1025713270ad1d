import type { JsonObject, JsonValue } from "@deltawire/spec";
import type { Random } from "./random.js";

/** What texts are made of here: words, line ends, astral characters, and halves of them. */
const PIECES = [
  ...[
    "a",
    "b",
    "Hello",
    " world",
    ", ",
    "\n",
    "spiral ",
    "  ",
    "\0",
    "é",
    "漢字",
    "\u2028",
    "\ufffd",
  ],
  ...["😀", "😁", "👩‍👩‍👧", "𝒳", "\ud83d", "\ude00", "\ud83d", "\ude01", "x".repeat(40)],
];

/** A few pieces; `rarely` a text of some length. */
export function words(random: Random, most = 4): string {
  let text = "";
  for (let i = random.int(most, 1); i > 0; i--) text += random.pick(PIECES);
  return text;
}

/** A place in a text, and how much to take out there. */
export function range(random: Random, length: number): { offset: number; removed: number } {
  const offset = random.int(length + 1);
  return { offset, removed: Math.min(random.int(6), length - offset) };
}

/** A text that differs somewhere: at its end, or in its middle. */
export function edited(random: Random, raw: string): string {
  if (random.chance(0.6)) return raw + words(random);
  const { offset, removed } = range(random, raw.length);
  return raw.slice(0, offset) + words(random) + raw.slice(offset + removed);
}

/** A tool call as it begins: with what is longer than most edits, so that these are sent. */
const BEGUN = { output: "what it has said before it was asked. ", lines: [] };

/** A tool call as it grows. */
export function value(random: Random, old: JsonValue | undefined): JsonObject {
  const before = (old ?? BEGUN) as { output: string; lines: string[] };
  const output = before.output + words(random).toWellFormed();
  const lines = random.chance(0.3)
    ? [...before.lines, `line ${before.lines.length}`]
    : before.lines;
  const status = random.pick(["running", "done", "failed"]);
  return { output, lines, ...(random.chance(0.5) && { status }) };
}

/** The same, of which nothing has changed but that its output goes on. */
export function grown(random: Random, old: JsonValue | undefined): JsonObject {
  const before = (old ?? BEGUN) as { output: string };
  return { ...before, output: before.output + words(random).toWellFormed() };
}

export function attributes(random: Random): JsonObject {
  const more = random.chance(0.5) ? { tokens: random.int(100) } : {};
  return { model: random.pick(["m", "n"]), ...more };
}
