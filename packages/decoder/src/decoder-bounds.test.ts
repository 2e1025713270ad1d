import { apply, ChannelState } from "@deltawire/protocol";
import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder.js";
import { follow, receive, repairOf, textOf } from "./testing/following.js";
import {
  begin,
  changes,
  checkpoint,
  chunks,
  complete,
  plain,
  snapshot,
  splice,
  stateOf,
  subscribed,
} from "./testing/frames.js";

const two = stateOf(5, begin("m", "hello"), begin("n", "other"));
const right = checkpoint("m", two);
const wrong = { ...checkpoint("n", two), crc32: 1 };

/** Answers what a frame makes the decoder ask for by the same state again. */
function answer(decoder: Decoder, ...frames: Parameters<typeof receive>[1][]): string {
  const outcome = receive(decoder, ...frames);
  if (outcome.type === "repair") receive(decoder, snapshot(outcome.send.request, two));
  return outcome.type;
}

describe("5: distrust is bounded", () => {
  it("a part that is right says nothing of one that is wrong", () => {
    const decoder = follow(two);
    expect(answer(decoder, wrong)).toBe("repair");
    expect(answer(decoder, right, wrong)).toBe("failed");
  });

  it("each wrong part is worth one snapshot", () => {
    const decoder = follow(two);
    expect(answer(decoder, wrong)).toBe("repair");
    expect(answer(decoder, { ...right, crc32: 1 })).toBe("repair");
    expect(answer(decoder, right, wrong)).toBe("failed");
  });

  it("until its own digest matched", () => {
    const decoder = follow(two);
    for (let i = 0; i < 3; i++) {
      expect(answer(decoder, wrong)).toBe("repair");
      receive(decoder, checkpoint("n", two));
    }
    expect(decoder.counts.mismatches).toBe(3);
  });

  it("or it was removed", () => {
    const decoder = follow(two);
    expect(answer(decoder, wrong)).toBe("repair");
    receive(decoder, changes(5, 6, { type: "message_removed", id: "n" }));
    receive(decoder, changes(6, 7, begin("n", "other")));
    expect(answer(decoder, { ...wrong, seq: 7 })).toBe("repair");
  });

  it("a part that is not there cannot be removed", () => {
    const decoder = follow(two);
    const missing = { ...wrong, part: "x" };
    expect(answer(decoder, missing)).toBe("repair");
    receive(decoder, changes(5, 6, splice("m", 0, 0, "!")));
    expect(answer(decoder, { ...missing, seq: 6 })).toBe("failed");
  });

  it("a completion names the parts that differ", () => {
    const decoder = follow(two);
    const bad = changes(5, 6, splice("n", 5, 0, "!"), complete("n", two));
    expect(answer(decoder, bad)).toBe("repair");
    expect(answer(decoder, right, wrong)).toBe("failed");
  });

  it("a completion that changes nothing confirms nothing", () => {
    const final = apply(two, changes(5, 6, complete("m", two)));
    const decoder = follow(final);
    const bad = changes(6, 7, splice("x", 0, 0, "!"));
    const { request } = repairOf(receive(decoder, bad));
    receive(decoder, snapshot(request, final), changes(6, 7, complete("m", two)));
    expect(receive(decoder, changes(7, 8, splice("x", 0, 0, "!"))).type).toBe("failed");
  });
});

describe("5: repairs are bounded", () => {
  const gap = changes(8, 9);

  it("where they do not move the replica on", () => {
    const decoder = follow(two);
    for (let i = 0; i < 8; i++) {
      const { request } = repairOf(receive(decoder, gap));
      receive(decoder, subscribed(request, "current"));
    }
    const outcome = receive(decoder, gap);
    expect(outcome).toMatchObject({ type: "failed", error: { code: "internal", group: "retry" } });
    expect([decoder.isLive, textOf(decoder)]).toEqual([false, "hello"]);
    const { request } = decoder.join();
    receive(decoder, subscribed(request, "current"));
    expect(receive(decoder, gap).type).toBe("repair");
  });

  it("a new epoch each time is no way on", () => {
    const decoder = follow(two);
    let outcome = receive(decoder, gap);
    for (let i = 0; outcome.type === "repair" && i < 20; i++) {
      const state = ChannelState.of(`e${i}`, { messages: two.messages });
      outcome = receive(decoder, snapshot(outcome.send.request, state), gap);
    }
    expect([outcome.type, decoder.counts.gaps]).toEqual(["failed", 9]);
  });

  it("not where they do", () => {
    const decoder = follow(two);
    for (let seq = 5; seq < 30; seq++) {
      const { request } = repairOf(receive(decoder, changes(seq + 1, seq + 2)));
      receive(decoder, { ...changes(seq, seq + 1), request });
    }
    expect(decoder.isLive).toBe(true);
  });

  it("an error ends what it answers, and may be asked again", () => {
    const decoder = new Decoder("c");
    const { request } = decoder.join();
    const error = { type: "error", code: "forbidden", message: "no" } as const;
    expect(receive(decoder, { ...error, request: request + 1 }).type).toBe("ignored");
    expect(receive(decoder, { ...error, request })).toMatchObject({
      type: "failed",
      error: { code: "forbidden", channel: "c" },
    });
    receive(decoder, snapshot(decoder.join().request, two));
    expect(decoder.isLive).toBe(true);
  });
});

describe("an error after the answer, with its number", () => {
  const error = { type: "error", code: "forbidden", message: "not any more", request: 1 } as const;

  it("ends what is followed: nothing comes any more", () => {
    const decoder = follow(two);
    expect(receive(decoder, error)).toMatchObject({ type: "failed", error: { code: "forbidden" } });
    expect([decoder.isLive, decoder.state]).toEqual([false, two]);
    receive(decoder, { ...changes(two.seq, two.seq + 1), request: 1 });
    expect(decoder.isLive).toBe(false);
  });

  it("of an earlier request says nothing", () => {
    const decoder = follow(two);
    decoder.leave();
    receive(decoder, snapshot(decoder.join().request, two));
    expect(receive(decoder, error).type).toBe("ignored");
    expect(decoder.isLive).toBe(true);
  });
});

describe("3: a snapshot that comes again loads anew", () => {
  const later = stateOf(9, begin("m", "hello world, and more"));

  it("not live until it is whole, the old state in view", () => {
    const decoder = follow(two);
    const before = decoder.state;
    const frames = chunks(1, later, 9);
    const last = frames.pop() ?? expect.fail();
    for (const frame of frames) {
      expect(receive(decoder, frame).type).toBe("ignored");
      expect([decoder.state, decoder.isLive]).toEqual([before, false]);
    }
    expect(receive(decoder, last)).toEqual({ type: "reset", reason: "snapshot" });
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(later));
    expect(receive(decoder, { ...changes(9, 9), request: 1 }).type).toBe("ignored");
    expect(receive(decoder, changes(9, 12, splice("m", 0, 0, "!"))).type).toBe("applied");
  });

  it("but not to an earlier version, nor while something else is asked for", () => {
    const decoder = follow(two);
    expect(receive(decoder, snapshot(1, stateOf(4, begin("m")))).type).toBe("ignored");
    decoder.join();
    expect(receive(decoder, snapshot(1, later)).type).toBe("ignored");
    expect([textOf(decoder), decoder.isLive]).toEqual(["hello", false]);
  });

  it("a reload that breaks off is asked for from the old version", () => {
    const decoder = follow(two);
    receive(decoder, chunks(1, later, 9)[0] ?? expect.fail());
    decoder.leave();
    expect(decoder.join()).toMatchObject({ request: 2, epoch: "e", seq: 5 });
  });
});

describe("4: a lost history", () => {
  const fresh = ChannelState.of("f");
  const lose = (decoder: Decoder) => receive(decoder, snapshot(decoder.join().request, fresh));

  it("stays in view, stale, until a message comes", () => {
    const decoder = follow(two);
    expect(lose(decoder)).toEqual({ type: "stale" });
    expect([decoder.isStale, decoder.isLive, textOf(decoder)]).toEqual([true, true, "hello"]);
    expect(decoder.join()).toMatchObject({ epoch: "f", seq: 0 });
    lose(decoder);
    const title = { op: "add", path: "/title", value: "new" } as const;
    const outcome = receive(decoder, changes(0, 1, { type: "channel_patch", attributes: [title] }));
    expect([outcome.type, textOf(decoder)]).toEqual(["stale", "hello"]);
    const reset = receive(decoder, changes(1, 2, begin("m", "anew")));
    expect(reset).toEqual({ type: "reset", reason: "history_lost" });
    expect([decoder.isStale, textOf(decoder)]).toEqual([false, "anew"]);
    expect(decoder.state?.attributes).toEqual({ title: "new" });
    expect(receive(decoder, changes(2, 3, splice("m", 0, 0, "!"))).type).toBe("applied");
  });

  it("goes for a snapshot with a message, and for the end of the channel", () => {
    const decoder = follow(two);
    lose(decoder);
    const { request } = decoder.join();
    const state = apply(fresh, changes(0, 3, begin("m", "anew")));
    expect(receive(decoder, snapshot(request, state))).toMatchObject({ reason: "history_lost" });
    const other = follow(two);
    lose(other);
    const end = receive(other, changes(0, 1, { type: "channel_closed" }));
    expect([end.type, other.state?.closed, other.isStale]).toEqual(["reset", {}, false]);
  });

  it("that was empty is no view to keep, and one that comes back is none that was lost", () => {
    const decoder = follow(ChannelState.of("e"));
    expect(lose(decoder)).toEqual({ type: "reset", reason: "history_lost" });
    const other = follow(two);
    lose(other);
    const back = receive(other, snapshot(other.join().request, two));
    expect(back).toEqual({ type: "reset", reason: "snapshot" });
    expect(other.isStale).toBe(false);
  });
});
