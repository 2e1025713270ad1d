import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ChannelState } from "./channel-state.js";
import { Message } from "./message.js";

const message = (id: string, generation = 0): Message =>
  Message.of({ id, generation, role: "event", parts: [] });

const many = (count: number): ChannelState =>
  ChannelState.of("e", { messages: Array.from({ length: count }, (_, i) => message(`m${i}`)) });

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the messages of a channel", () => {
  it("are found in every state, whatever became of the others", () => {
    const id = fc.nat({ max: 7 }).map((n) => `m${n}`);
    const step = fc.record({ from: fc.nat({ max: 30 }), id, does: fc.constantFrom("put", "cut") });
    const first = fc.record({ from: fc.nat({ max: 30 }), id, does: fc.constant("shift") });
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: step }, first), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const states = [ChannelState.of("e")];
        for (const { from, id: named, does } of list) {
          // Mostly from the latest one; else the table is another's.
          const state = states[from % 3 === 0 ? from % states.length : states.length - 1];
          if (!state) continue;
          const gone = does === "shift" ? state.messages[0]?.id : named;
          const next =
            does === "put"
              ? state.withMessage(message(named, states.length))
              : state.without(gone ?? named);
          const rest = state.messages.filter(({ id: other }) => other !== gone);
          if (does !== "put") expect(next.messages).toEqual(rest);
          else expect(next.message(named)?.generation).toBe(states.length);
          states.push(next);
          for (const each of states) {
            for (let i = 0; i < 8; i++) {
              const expected = each.messages.find(({ id: other }) => other === `m${i}`);
              expect(each.message(`m${i}`)).toBe(expected);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("come and go for a constant, however many there are", () => {
    const work = (count: number): number => {
      let state = many(count);
      const set = vi.spyOn(Map.prototype, "set");
      for (let i = 0; i < 100; i++) {
        state = state.withMessage(message(`new${i}`)).with({ seq: i });
        state = state.without(state.messages[0]?.id ?? "");
      }
      const { length } = set.mock.calls;
      set.mockRestore();
      expect(state.messages.length).toBe(count);
      expect(state.message("new99")).toBe(state.messages.at(-1));
      expect(state.message("m99")).toBeUndefined();
      return length;
    };
    expect([work(1000), work(10_000)]).toEqual([100, 100]);
  });

  it("that have gone are forgotten sooner or later", () => {
    let state = many(10);
    const set = vi.spyOn(Map.prototype, "set");
    for (let i = 0; i < 1000; i++) {
      state = state.withMessage(message(`new${i}`)).without(state.messages[0]?.id ?? "");
    }
    expect(set.mock.calls.length).toBeGreaterThan(1100); // tables were begun anew
    expect(set.mock.calls.length).toBeLessThan(1500);
  });
});
