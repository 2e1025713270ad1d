import { LIMITS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventParser } from "./event-stream.js";

const all = (...chunks: string[]) => {
  const parser = new EventParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

describe("a stream of events", () => {
  test.each<[string, string, { name: string; data: string }[]]>([
    ["one", "data: a\n\n", [{ name: "message", data: "a" }]],
    ["one that is not whole", "data: a\n", []],
    [
      "a name, and what nobody needs",
      "id: 1\nevent: close\nretry: 5\ndata: {}\n\n",
      [{ name: "close", data: "{}" }],
    ],
    ["comments, and nothing", ":\n\n: alive\n\n\n", []],
    [
      "lines of data, of other systems, without a space",
      "data:a\r\ndata: b\r\n\r\n",
      [{ name: "message", data: "a\nb" }],
    ],
    [
      "a name counts once",
      "event: x\ndata: 1\n\ndata: 2\n\n",
      [
        { name: "x", data: "1" },
        { name: "message", data: "2" },
      ],
    ],
    ["a colon in the data", "data: a: b\n\n", [{ name: "message", data: "a: b" }]],
  ])("%s", (_what, text, events) => {
    expect(all(text)).toEqual(events);
  });

  test("is the same however it is cut", () => {
    const text =
      ":\nevent: e\nid: 1\ndata: first\r\n\r\ndata: second\ndata: more\n\n: alive\ndata: 3\n\n";
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
        expect(all(...chunks)).toEqual(all(text));
      }),
    );
  });

  test("is bounded by the event, not by the stream", () => {
    const parser = new EventParser();
    const half = "x".repeat(LIMITS.max_frame_bytes / 2);
    for (let i = 0; i < 4; i++) expect(parser.push(`:\ndata: ${half}\n\n`)).toHaveLength(1);
    for (let i = 0; i < 40; i++) parser.push(`:${"y".repeat(1 << 20)}\n`);
    parser.push(`data: ${half}`);
    expect(() => parser.push(`${half}\n`)).toThrow("max_frame_bytes");
  });
});
