import { apply, ChannelState, Composition } from "@deltawire/protocol";
import type { Change, JsonObject, Splice } from "@deltawire/spec";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Pending } from "./pending.js";

/** Two strings of a JSON part, one of which is named at more length than the part has. */
const KEYS = ["a", "/".repeat(80)];
const PATHS = ["/a", `/${"~1".repeat(80)}`];

/** Places that text streams into: two text parts, and two strings of a JSON part. */
type Place = 0 | 1 | 2 | 3;

const begun: Change = {
  type: "message_added",
  id: "m",
  generation: 0,
  role: "assistant",
  parts: [
    { id: "s", kind: "text", text: "some text" },
    { id: "t", kind: "text", text: "" },
    { id: "j", kind: "json", value: Object.fromEntries(KEYS.map((key) => [key, ""])) },
  ],
};

const step = (state: ChannelState, change: Change): ChannelState => {
  const { seq } = state;
  return apply(state, { type: "changes", channel: "c", from: seq, to: seq + 1, changes: [change] });
};

function lengthAt(state: ChannelState, place: Place): number {
  const part = state.message("m")?.part(["s", "t", "j", "j"][place] ?? "");
  if (part?.kind === "text") return part.content.length;
  const value = part?.kind === "json" ? (part.value as JsonObject) : {}; // an object, see above
  return String(value[KEYS[place - 2] ?? ""]).length;
}

function changeAt(place: Place, splice: Splice): Change {
  const path = PATHS[place - 2];
  return path === undefined
    ? { type: "message_patch", id: "m", parts: [textSplice(place === 0 ? "s" : "t", splice)] }
    : {
        type: "message_patch",
        id: "m",
        parts: [{ type: "json_patch", part: "j", operations: [{ op: "splice", path, ...splice }] }],
      };
}

const textSplice = (part: string, splice: Splice) =>
  ({ type: "text_splice", part, splices: [splice] }) as const;

it("composes like a composition", () => {
  const edit = fc.record({
    place: fc.constantFrom<Place>(0, 0, 0, 1, 2, 3),
    /** How far from the end it is. */
    back: fc.constantFrom(0, 0, 0, 0, 3),
    removed: fc.constantFrom(0, 0, 0, 2),
    text: fc.string({ maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const pending = new Pending();
      const composition = new Composition();
      let state = step(ChannelState.of("e"), begun);
      expect(pending.isEmpty).toBe(true);
      for (const { place, back, removed, text } of edits) {
        const length = lengthAt(state, place);
        const changed_offset = Math.max(0, length - back);
        const most = Math.min(removed, length - changed_offset);
        const change = changeAt(place, { changed_offset, removed: most, text });
        state = step(state, change);
        pending.add(change);
        composition.add([change]);
      }
      expect(pending.isEmpty).toBe(false);
      expect(pending.changes(state)).toEqual(composition.changes(state));
    }),
    { numRuns: 2000 },
  );
});
