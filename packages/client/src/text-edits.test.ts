import type { Change } from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import { append } from "./testing/frames.js";
import { TextEdits } from "./text-edits.js";

const patch = (part: string, changed_offset: number, removed: number, text: string): Change => ({
  type: "message_patch",
  id: "m",
  parts: [{ type: "text_splice", part, splices: [{ changed_offset, removed, text }] }],
});

let edits: TextEdits;
beforeEach(() => {
  edits = new TextEdits("m", "text");
});

describe("the edits of a part", () => {
  test("are added up, and those of anything else are left out", () => {
    edits.add([patch("text", 3, 0, "abc"), patch("reasoning", 0, 0, "no")]);
    edits.add([append("other", 0, "no"), patch("text", 4, 1, "BB"), patch("text", 0, 1, "")]);
    edits.add([{ type: "message_completed", id: "m", status: "completed", digests: [] }]);
    expect(edits.take(3, 6)).toEqual([
      { changed_offset: 0, removed: 1, text: "" },
      { changed_offset: 3, removed: 0, text: "aBBc" },
    ]);
    expect(edits.take(6, 6)).toEqual([]);
  });

  test.each<[string, readonly Change[] | undefined]>([
    ["the state was replaced", undefined],
    [
      "the part came",
      [
        {
          type: "message_patch",
          id: "m",
          parts: [{ type: "part_inserted", content: { id: "text", kind: "text", text: "a" } }],
        },
      ],
    ],
    [
      "the part went",
      [{ type: "message_patch", id: "m", parts: [{ type: "part_removed", part: "text" }] }],
    ],
    [
      "the message began anew",
      [{ type: "message_added", id: "m", generation: 1, role: "", parts: [] }],
    ],
    ["the message went", [{ type: "message_removed", id: "m" }]],
  ])("are not known where %s, until it is shown", (_what, changes) => {
    edits.add([patch("text", 0, 0, "a")]);
    edits.add(changes);
    edits.add([patch("text", 0, 0, "b")]);
    expect(edits.take(0, 2)).toBeUndefined();
    edits.add([patch("text", 0, 0, "c")]);
    expect(edits.take(2, 3)).toHaveLength(1);
  });

  test("are not known where they do not lead to what is there", () => {
    edits.add([patch("text", 0, 0, "a")]);
    expect(edits.take(5, 5)).toBeUndefined();
  });

  test("L40: are given up where they come to more than comparing would", () => {
    const page = "x".repeat(1000);
    for (let i = 0; i < 70; i++) edits.add([patch("text", 1000 * i, 0, page)]);
    expect(edits.take(0, 70_000)).toBeUndefined();
    for (let i = 0; i < 70; i++) edits.add([patch("text", 10 * i, 1, "y")]);
    expect(edits.take(1000, 1000)).toBeUndefined();
  });
});
