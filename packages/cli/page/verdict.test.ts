import { ChannelState, Message } from "@deltawire/protocol";
import type { JsonValue } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import type { TurnCopy } from "../src/page/report.js";
import { verdictOf } from "./verdict.js";

const call = { name: "grep", status: "completed", list: [1, { a: null }] };

function turn(
  text: string,
  value: JsonValue = call,
  status: "streaming" | "completed" = "streaming",
) {
  return Message.of({
    id: "turn-1",
    generation: 0,
    role: "assistant",
    status,
    parts: [
      { id: "text-0", kind: "text", text },
      { id: "tool-1", kind: "json", value },
    ],
  });
}

const state = (seq: number, ...messages: Message[]): ChannelState =>
  ChannelState.of("e", { seq, messages });

const copyOf = (text: string, value: object = call): TurnCopy => ({
  message: "turn-1",
  status: "completed",
  parts: [
    ["text-0", text],
    ["tool-1", value],
  ],
});

describe("verdictOf", () => {
  test("has nothing to say of nothing", () => {
    expect(verdictOf(state(0), state(0), undefined)).toEqual({ is: "nothing" });
  });

  test("finds the same content equal, though every object is another one", () => {
    const verdict = verdictOf(state(3, turn("Hello")), state(3, turn("Hello")), undefined);
    expect(verdict).toEqual({ is: "equal", seq: 3, asEditor: false });
  });

  test.each([
    ["another text of the same length", turn("Hellp")],
    ["another value", turn("Hello", { ...call, status: "failed" })],
    ["a member too many", turn("Hello", { ...call, more: 1 })],
    ["an item less", turn("Hello", { ...call, list: [1] })],
    ["a list in the place of an object", turn("Hello", [])],
    ["another status", turn("Hello", call, "completed")],
  ])("finds %s at the same version different", (_, message) => {
    const verdict = verdictOf(state(3, message), state(3, turn("Hello")), undefined);
    expect(verdict).toEqual({ is: "different", message: "turn-1" });
  });

  test("finds a message too many, and one too few, different", () => {
    const note = Message.of({ id: "note", generation: 0, role: "user", parts: [] });
    const [one, two] = [state(3, turn("Hello")), state(3, turn("Hello"), note)];
    expect(verdictOf(one, two, undefined)).toEqual({ is: "different", message: "note" });
    expect(verdictOf(two, one, undefined).is).toBe("different");
  });

  test("tells how far another version, or another history, is", () => {
    const original = state(5, turn("Hello, world"));
    const verdict = verdictOf(state(3, turn("Hello")), original, undefined);
    expect(verdict).toEqual({ is: "behind", units: ", world".length });
    const anew = ChannelState.of("other", { seq: 5, messages: [turn("Hello, world")] });
    expect(verdictOf(anew, original, undefined)).toEqual({ is: "behind", units: 0 });
  });

  test("compares a turn that has ended with the editor's own copy", () => {
    const [held, original] = [state(3, turn("Hello")), state(3, turn("Hello"))];
    const { list, ...rest } = call; // in another order
    const same = verdictOf(held, original, copyOf("Hello", { list, ...rest }));
    expect(same).toEqual({ is: "equal", seq: 3, asEditor: true });
    for (const copy of [copyOf("Hello!"), copyOf("Hello", {}), { ...copyOf("Hello"), parts: [] }]) {
      expect(verdictOf(held, original, copy)).toEqual({ is: "different", message: "turn-1" });
    }
    const running = verdictOf(held, original, { ...copyOf(""), status: "running" });
    expect(running).toEqual({ is: "equal", seq: 3, asEditor: false });
  });
});
