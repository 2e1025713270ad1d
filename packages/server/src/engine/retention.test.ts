import { ChannelState, Message } from "@deltawire/protocol";
import type { MessageStatus } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textPart } from "../testing/changes.js";
import { Retention, type RetentionBounds } from "./retention.js";

const message = (id: string, size = 0, status: MessageStatus = "completed") =>
  Message.of({ id, generation: 0, role: "r", status, parts: [textPart("x".repeat(size))] });

const channel = (...messages: Message[]) => ChannelState.of("e", { seq: 1, messages });
const NOBODY_KNOWS = new Map<string, number>();

describe("retention", () => {
  test("by count: those that stand first go, and never one that is open", () => {
    const retention = new Retention({ messages: 2 }, 0);
    const open = message("a", 0, "streaming");
    const state = channel(open, message("b"), message("c", 0, "failed"), message("d"));
    expect(retention.dueAt).toBe(0);
    expect(retention.expire(state, NOBODY_KNOWS, 0)).toEqual(["b", "c"]);
    expect(retention.dueAt).toBeUndefined();
    const opened = channel(open, message("i", 0, "interrupted"), message("j", 0, "streaming"));
    expect(retention.expire(opened, NOBODY_KNOWS, 0)).toEqual([]);
  });

  test("by size: as many go as it takes, open ones counted", () => {
    const retention = new Retention({ bytes: 1100 }, 0);
    const open = message("o", 600, "streaming");
    expect(retention.expire(channel(message("a", 100), open), NOBODY_KNOWS, 0)).toEqual([]);
    const state = channel(message("a", 100), message("b", 100), message("c", 100), open);
    expect(retention.expire(state, NOBODY_KNOWS, 0)).toEqual(["a"]);
    expect(retention.expire(channel(message("a", 2000)), NOBODY_KNOWS, 0)).toEqual(["a"]);
  });

  test("by age: at its time each, and it says when that is", () => {
    const retention = new Retention({ age: 1000 }, 500);
    const state = channel(message("a"), message("b"), message("c", 0, "streaming"));
    const ended = new Map([
      ["a", 200],
      ["b", 100],
    ]);
    expect(retention.expire(state, ended, 600)).toEqual([]);
    expect(retention.dueAt).toBe(1100);
    expect(retention.expire(state, ended, 1099)).toEqual([]);
    expect(retention.expire(state, ended, 1100)).toEqual(["b"]);
    expect(retention.dueAt).toBe(1200);
  });

  test("what ended at a time that nobody knows counts from when it was first seen", () => {
    const retention = new Retention({ age: 1000 }, 500);
    expect(retention.expire(channel(message("a")), NOBODY_KNOWS, 1499)).toEqual([]);
    expect(retention.dueAt).toBe(1500);
    expect(retention.expire(channel(message("a")), NOBODY_KNOWS, 1500)).toEqual(["a"]);
  });

  test("nothing goes from a channel that has ended, and nothing is waited for there", () => {
    const retention = new Retention({ age: 0 }, 0);
    const messages = Array.from({ length: 2000 }, (_, i) => message(`m${i}`));
    const open = channel(...messages);
    expect(retention.expire(open, NOBODY_KNOWS, 0)).toHaveLength(1024);
    expect(retention.dueAt).toBe(0);
    expect(retention.expire(open.with({ closed: {} }), NOBODY_KNOWS, 0)).toEqual([]);
    expect(retention.dueAt).toBeUndefined();
  });

  test("what is held goes later", () => {
    const retention = new Retention({ messages: 0 }, 0);
    const state = channel(message("a"), message("b"));
    expect(retention.expire(state, NOBODY_KNOWS, 7, ({ id }) => id === "a")).toEqual(["b"]);
    expect(retention.dueAt).toBe(1007);
    expect(retention.expire(state, NOBODY_KNOWS, 1007)).toEqual(["a", "b"]);
  });

  test("many go in portions, one right after the other", () => {
    const retention = new Retention({ messages: 1 }, 0);
    const state = channel(...Array.from({ length: 1500 }, (_, i) => message(`m${i}`)));
    expect(retention.expire(state, NOBODY_KNOWS, 5)).toHaveLength(1024);
    expect(retention.dueAt).toBe(5);
  });

  test("L36: while a channel changes it is looked at once a second, however many its frames", () => {
    const retention = new Retention({ messages: 1 }, 0);
    const state = channel(message("a"));
    let looks = 0;
    for (let now = 0; now < 10_000; now += 10) {
      retention.changed(now);
      if ((retention.dueAt ?? Number.POSITIVE_INFINITY) > now) continue;
      retention.expire(state, NOBODY_KNOWS, now);
      looks += 1;
    }
    expect(looks).toBe(10);
  });

  test("without bounds there is nothing to do, ever", () => {
    const retention = new Retention({}, 0);
    retention.changed(5);
    expect(retention.dueAt).toBeUndefined();
    expect(retention.expire(channel(message("a")), NOBODY_KNOWS, 5)).toEqual([]);
  });

  test("afterwards every bound holds, or nothing is left that may go; no more goes than must", () => {
    const status = fc.constantFrom<MessageStatus>(
      "streaming",
      "interrupted",
      "completed",
      "failed",
    );
    const bounds: fc.Arbitrary<RetentionBounds> = fc.record(
      { messages: fc.nat(8), age: fc.nat(100), bytes: fc.nat(2000) },
      { requiredKeys: [] },
    );
    const list = fc.array(fc.record({ size: fc.nat(400), status, at: fc.nat(200) }));
    fc.assert(
      fc.property(bounds, list, (limits, items) => {
        const messages = items.map(({ size, status }, i) => message(`m${i}`, size, status));
        const ended = new Map(items.map(({ at }, i) => [`m${i}`, at]));
        const retention = new Retention(limits, 0);
        const expired = new Set(retention.expire(channel(...messages), ended, 200));
        const kept = messages.filter(({ id }) => !expired.has(id));
        const final = kept.filter(({ isFinal }) => isFinal);
        const { messages: most = 1e9, bytes = 1e9, age = 1e9 } = limits;
        const size = (all: readonly Message[]) => all.reduce((sum, one) => sum + one.size + 64, 0);
        const isOld = ({ id }: Message) => (ended.get(id) ?? 0) + age <= 200;
        const exceeds = (all: readonly Message[]) => all.length > most || size(all) > bytes;
        if (final.length > 0) expect(exceeds(kept)).toBe(false);
        expect(final.some(isOld)).toBe(false);
        const [last] = messages.filter((one) => expired.has(one.id) && !isOld(one)).slice(-1);
        if (last) expect(exceeds([...kept, last])).toBe(true);
        for (const { id } of messages.filter(({ isFinal }) => !isFinal)) {
          expect(expired.has(id)).toBe(false);
        }
      }),
    );
  });
});
