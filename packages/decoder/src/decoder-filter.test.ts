import type { SnapshotFrame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { Decoder } from "./decoder.js";
import { begin, changes, snapshot, stateOf } from "./testing/frames.js";

const held = (request: number, seq: number, id: string): SnapshotFrame =>
  snapshot(request, stateOf(seq, begin(id)));

const A = { kind: "a" };
const B = { kind: "b" };

test("a filter is stated whenever something is asked for", () => {
  const decoder = new Decoder("c", 2, A);
  expect(decoder.join()).toMatchObject({ request: 1, last: 2, filter: A });
  decoder.receive(held(1, 5, "m"));
  expect(decoder.join()).toMatchObject({ request: 2, seq: 5, filter: A });
});

test("for another filter nothing counts that was there, also after the connection was lost", () => {
  const decoder = new Decoder("c", undefined, A);
  decoder.join();
  decoder.receive(held(1, 5, "m"));
  const asked = decoder.want(B);
  expect(asked).toMatchObject({ request: 2, filter: B });
  expect(asked).not.toHaveProperty("seq");
  expect(decoder.isLive).toBe(false);
  decoder.receive(changes(5, 6)); // of the view before
  expect(decoder.state).toMatchObject({ seq: 5, messages: [{ id: "m" }] });
  decoder.leave();
  const again = decoder.join();
  expect(again).toMatchObject({ request: 3, filter: B });
  expect(again).not.toHaveProperty("seq");
  // A view may be at an earlier version than the one that was looked at before.
  decoder.receive(held(3, 4, "n"));
  expect(decoder.state).toMatchObject({ seq: 4, messages: [{ id: "n" }] });
  expect(decoder.join()).toMatchObject({ request: 4, seq: 4, filter: B });
  expect(decoder.want(undefined)).not.toHaveProperty("filter");
});

test("versions that were left out are no gap", () => {
  const decoder = new Decoder("c", undefined, A);
  decoder.join();
  decoder.receive(held(1, 5, "m"));
  const frame = changes(5, 900);
  expect(decoder.receive(frame)).toMatchObject({ type: "applied" });
  expect(decoder.state?.seq).toBe(900);
  expect(decoder.receive(changes(901, 902))).toMatchObject({ type: "repair" });
});
