import { describe, expect, it, vi } from "vitest";
import { ChannelState } from "./channel-state.js";
import { DICTIONARY, dictionaryOf } from "./dictionary.js";
import { Message } from "./message.js";

const members = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "text"]));

function stateOf(...values: readonly Record<string, string>[]): ChannelState {
  const parts = values.map((value, i) => ({ id: `p${i}`, kind: "json" as const, value }));
  const message = { id: "m", generation: 0, role: "r", status: "streaming", parts } as const;
  return ChannelState.of("e", { messages: [Message.of(message)] });
}

describe("a dictionary", () => {
  it("costs as much as it gives: a wide object is looked at once, not for each frame", () => {
    const state = stateOf(members(DICTIONARY.members + 1), members(DICTIONARY.members));
    const first = dictionaryOf(state);
    expect(first).toHaveLength(4 * DICTIONARY.members);
    const keys = vi.spyOn(Object, "keys");
    const second = dictionaryOf(state);
    expect(keys).toHaveBeenCalledOnce();
    keys.mockRestore();
    expect(second).toEqual(first);
  });
});
