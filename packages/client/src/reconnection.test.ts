import { CLOSE_CODES, DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BASE_DELAY,
  backoff,
  type ConnectionEvent,
  type Loss,
  MAX_DELAY,
  MAX_RETRY_AFTER,
  OVERLOADED_DELAY,
  type Situation,
  STEADY,
  type Step,
  step,
} from "./reconnection.js";

const lost = new DeltawireError("connection_lost", "gone");
const loss = (code: number, rest: Partial<Loss> = {}): Loss => ({ code, error: lost, ...rest });
const connecting: Situation = { is: "connecting", tries: 0 };
const open: Situation = { is: "open", tries: 0, since: 0 };
const closed = (now: number, random: number, how: Loss): ConnectionEvent => ({
  type: "closed",
  now,
  random,
  loss: how,
});

/** The wait after failures in a row, none of which got as far as a welcome. */
function waits(count: number, random: number, how: Loss = loss(1006)): number[] {
  let situation: Situation = { is: "idle" };
  const all: number[] = [];
  ({ situation } = step(situation, { type: "needed" }));
  for (let i = 0; i < count; i++) {
    const next: Step = step(situation, closed(i, random, how));
    if (next.action?.do === "wait") all.push(next.action.ms);
    ({ situation } = step(next.situation, { type: "elapsed" }));
  }
  return all;
}

describe("waiting", () => {
  test("L27: doubles to a bound, for ever, and is random from 0 on", () => {
    const most = waits(50, 1);
    expect(most.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(most).toHaveLength(50);
    expect(waits(50, 0)).toEqual(Array(50).fill(0));
    expect(backoff(3000, 0.5)).toBe(MAX_DELAY / 2);
  });

  test("begins anew after a connection that was steady, and only then", () => {
    const tired: Situation = { is: "open", tries: 4, since: 100 };
    const ms = (now: number) => step(tired, closed(now, 1, loss(1006))).action;
    expect(ms(100 + STEADY)).toEqual({ do: "wait", ms: BASE_DELAY });
    expect(ms(99 + STEADY)).toEqual({ do: "wait", ms: BASE_DELAY * 2 ** 4 });
  });

  test("is what the server asks for, bounded", () => {
    const how = (retryAfter: number) => loss(CLOSE_CODES.going_away, { retryAfter });
    expect(step(open, closed(9, 1, how(1800))).action).toEqual({ do: "wait", ms: 1800 });
    expect(step(open, closed(9, 1, how(1e12))).action).toEqual({ do: "wait", ms: MAX_RETRY_AFTER });
    expect(step(open, closed(9, 1, how(0))).action).toEqual({ do: "wait", ms: BASE_DELAY });
  });

  test("is longer, and spread wider, for a server that is out of room", () => {
    const [first, second] = waits(2, 0.5, loss(CLOSE_CODES.overloaded));
    expect([first, second]).toEqual([OVERLOADED_DELAY + 4000, OVERLOADED_DELAY + 8000]);
  });

  test("ends when the device wakes up, but not before the server allows it", () => {
    const { situation } = step(open, closed(10, 0.5, loss(1001, { retryAfter: 500 })));
    expect(step(situation, { type: "woken", now: 509 })).toEqual({ situation });
    expect(step(situation, { type: "woken", now: 510 }).action).toEqual({ do: "connect" });
    expect(step(situation, { type: "retried" }).action).toEqual({ do: "connect" });
  });

  test("remembers since when, over all attempts", () => {
    let { situation } = step(open, closed(10, 0, loss(1006)));
    ({ situation } = step(situation, { type: "elapsed" }));
    expect(situation).toMatchObject({ is: "connecting", outage: { since: 10 } });
    ({ situation } = step(situation, closed(20, 0, loss(1006))));
    expect(situation).toMatchObject({ is: "waiting", tries: 2, outage: { since: 10 } });
  });
});

describe("stopping", () => {
  const token = CLOSE_CODES.unauthorized;
  test.each<[string, Situation, Loss, boolean | undefined]>([
    ["normal", open, loss(CLOSE_CODES.normal), false],
    ["protocol_error", open, loss(CLOSE_CODES.protocol_error), false],
    ["superseded", open, loss(CLOSE_CODES.superseded), false],
    ["a token that never was good", connecting, loss(token), false],
    ["a token that is good no more", open, loss(token), true],
    ["a token, where another one may be had", open, loss(token, { mayRenew: true }), undefined],
    ["frame_too_large", open, loss(CLOSE_CODES.frame_too_large), undefined],
    ["a code that is unknown", open, loss(4999), undefined],
  ])("%s", (_what, from, how, mayReturn) => {
    const { situation, action } = step(from, closed(1, 0, how));
    if (mayReturn === undefined) expect(situation.is).toBe("waiting");
    else {
      expect([situation, action]).toEqual([
        { is: "stopped", error: lost, mayReturn },
        { do: "stop" },
      ]);
      expect(step(situation, { type: "retried" }).action).toEqual(
        mayReturn ? { do: "connect" } : undefined,
      );
      expect(step(situation, { type: "woken", now: 1e9 })).toEqual({ situation });
    }
  });
});

test("whatever happens: one connection at a time, and none after the end", () => {
  const anyLoss = fc.record({
    code: fc.constantFrom(1000, 1001, 1006, 1009, 4400, 4401, 4408, 4409, 4429),
    error: fc.constant(lost),
    retryAfter: fc.option(fc.nat(1000), { nil: undefined }),
    mayRenew: fc.boolean(),
  });
  const anyEvent = (now: number) =>
    fc.oneof(
      fc.constantFrom<ConnectionEvent>(
        { type: "needed" },
        { type: "opened", now },
        { type: "elapsed" },
        { type: "woken", now },
        { type: "retried" },
      ),
      fc.record({
        type: fc.constant("closed" as const),
        now: fc.constant(now),
        random: fc.double({ min: 0, max: 0.999, noNaN: true }),
        loss: anyLoss,
      }),
      { arbitrary: fc.constant<ConnectionEvent>({ type: "ended", error: lost }), weight: 1 },
    );
  const events = fc.array(fc.nat(20_000).chain(anyEvent), { maxLength: 40 });
  fc.assert(
    fc.property(events, (list) => {
      let situation: Situation = { is: "idle" };
      let ended = false;
      for (const event of list) {
        const before: Situation = situation;
        const next = step(before, event);
        ({ situation } = next);
        const connects = next.action?.do === "connect";
        expect(connects).toBe(situation.is === "connecting" && situation !== before);
        if (connects) expect(["idle", "waiting", "stopped"]).toContain(before.is);
        if (ended) expect([situation.is, connects]).toEqual(["stopped", false]);
        if (next.action?.do === "wait") {
          expect(situation.is).toBe("waiting");
          expect(next.action.ms).toBeGreaterThanOrEqual(0);
          expect(next.action.ms).toBeLessThan(OVERLOADED_DELAY + MAX_DELAY);
        }
        ended ||= event.type === "ended";
      }
    }),
  );
});
