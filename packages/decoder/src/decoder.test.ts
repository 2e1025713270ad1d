import { apply, ChannelState } from "@deltawire/protocol";
import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder.js";
import type { ReceivedFrame } from "./outcome.js";
import { follow, receive, repairOf, textOf } from "./testing/following.js";
import {
  begin,
  changes,
  checkpoint,
  chunks,
  plain,
  snapshot,
  splice,
  stateOf,
  subscribed,
} from "./testing/frames.js";

const five = stateOf(5, begin("m", "hello"));

describe("1: a frame applies only where it begins at the state's version", () => {
  it("applies what follows, one version or several", () => {
    const decoder = follow(five);
    const frame = changes(5, 6, splice("m", 5, 0, "!"));
    expect(receive(decoder, frame)).toEqual({ type: "applied", frame });
    expect(receive(decoder, changes(6, 9, splice("m", 6, 0, "?"))).type).toBe("applied");
    expect([decoder.state?.seq, textOf(decoder)]).toEqual([9, "hello!?"]);
    expect(decoder.isLive).toBe(true);
  });

  it("L5: ignores a repetition and anything older, and counts them", () => {
    const decoder = follow(five);
    const frame = changes(5, 6, splice("m", 5, 0, "!"));
    receive(decoder, frame);
    const before = decoder.state;
    const ignored = decoder.counts.ignored;
    expect(receive(decoder, frame).type).toBe("ignored");
    expect(receive(decoder, changes(1, 4, splice("m", 0, 5, ""))).type).toBe("ignored");
    expect(decoder.state).toBe(before);
    expect(decoder.counts).toMatchObject({ ignored: ignored + 2, applied: 1, gaps: 0 });
    expect(decoder.isLive).toBe(true);
  });

  it.each([
    ["begins later", changes(6, 7, splice("m", 5, 0, "!"))],
    ["begins earlier and ends later", changes(4, 7, splice("m", 5, 0, "!"))],
  ])("takes a frame that %s for a gap, and keeps nothing of it", (_, frame) => {
    const decoder = follow(five);
    const before = decoder.state;
    const outcome = receive(decoder, frame);
    const send = { type: "subscribe", channel: "c", request: 2, epoch: "e", seq: 5 };
    expect(outcome).toMatchObject({ type: "repair", send, cause: { code: "gap", channel: "c" } });
    expect(decoder.state).toBe(before);
    expect(decoder.isLive).toBe(false);
    expect(decoder.counts).toMatchObject({ gaps: 1, mismatches: 0, applied: 0 });
  });

  it("L1: never appends over a lost patch, even where the later one would fit", () => {
    const decoder = follow(five);
    const [lost, later] = [
      changes(5, 6, splice("m", 5, 0, " wor")),
      changes(6, 7, splice("m", 5, 0, "ld")),
    ];
    const { request } = repairOf(receive(decoder, later));
    expect(receive(decoder, later, changes(7, 8, splice("m", 5, 0, "!"))).type).toBe("ignored");
    expect(textOf(decoder)).toBe("hello");
    const both = { ...changes(5, 7, ...lost.changes, splice("m", 9, 0, "ld")), request };
    expect(receive(decoder, subscribed(request, "changes"), both).type).toBe("applied");
    expect(textOf(decoder)).toBe("hello world");
  });

  it("takes a checkpoint that is ahead for a gap, and one that is behind for nothing", () => {
    const decoder = follow(five);
    const wrong = { ...checkpoint("m", five), crc32: 1 };
    expect(receive(decoder, { ...wrong, seq: 4 }).type).toBe("ignored");
    expect(decoder.isLive).toBe(true);
    const outcome = receive(decoder, { ...checkpoint("m", five), seq: 6 });
    expect(outcome).toMatchObject({ cause: { code: "gap" }, send: { seq: 5 } });
  });
});

describe("2: while an answer is outstanding, only what answers the latest request counts", () => {
  it("ignores everything before it was asked to join", () => {
    const decoder = new Decoder("c");
    expect(receive(decoder, snapshot(0, five), changes(0, 1, begin("m")))).toEqual({
      type: "ignored",
    });
    expect(decoder.state).toBeUndefined();
  });

  it("L5: drops live frames and checkpoints before the first snapshot", () => {
    const decoder = new Decoder("c");
    expect(decoder.join()).toEqual({ type: "subscribe", channel: "c", request: 1 });
    for (const frame of [
      changes(0, 1, begin("m", "early")),
      changes(5, 6, splice("m", 0, 0, "early")),
      checkpoint("m", five),
      subscribed(1, "snapshot"),
      { ...changes(0, 5, begin("m", "early")), request: 1 },
    ]) {
      expect(receive(decoder, frame)).toEqual({ type: "ignored" });
      expect(decoder.state).toBeUndefined();
    }
    expect(receive(decoder, snapshot(1, five)).type).toBe("reset");
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(five));
    expect(decoder.counts).toEqual({ applied: 0, ignored: 5, gaps: 0, mismatches: 0, resets: 1 });
  });

  it("drops live frames while a gap is being repaired, though they fit", () => {
    const decoder = follow(five);
    receive(decoder, changes(8, 9));
    expect(receive(decoder, changes(5, 6, splice("m", 0, 0, "?"))).type).toBe("ignored");
    expect(textOf(decoder)).toBe("hello");
    expect(decoder.counts.gaps).toBe(1);
  });

  it("L30: ignores late answers of every kind", () => {
    const decoder = follow(five);
    const old = repairOf(receive(decoder, changes(8, 9))).request;
    const { request } = decoder.join();
    const frames: ReceivedFrame[] = [
      subscribed(old, "current"),
      snapshot(old, stateOf(9, begin("m", "late"))),
      { ...changes(5, 9, splice("m", 0, 5, "late")), request: old },
    ];
    for (const frame of frames) {
      expect(receive(decoder, frame).type).toBe("ignored");
      expect([decoder.isLive, textOf(decoder)]).toEqual([false, "hello"]);
    }
    expect(receive(decoder, subscribed(request, "current")).type).toBe("ignored");
    expect(decoder.isLive).toBe(true);
    for (const frame of frames) receive(decoder, frame);
    expect([decoder.state?.seq, textOf(decoder)]).toEqual([5, "hello"]);
  });

  it("goes on after a catch-up, composed or empty", () => {
    const decoder = follow(five);
    const first = repairOf(receive(decoder, changes(6, 7))).request;
    const caught = { ...changes(5, 7, splice("m", 5, 0, "!")), request: first };
    expect(receive(decoder, subscribed(first, "changes"), caught)).toMatchObject({
      type: "applied",
    });
    expect([decoder.isLive, decoder.state?.seq]).toEqual([true, 7]);
    const { request, seq } = decoder.join();
    expect(seq).toBe(7);
    expect(decoder.isLive).toBe(false);
    receive(decoder, subscribed(request, "changes"), { ...changes(7, 7), request });
    expect([decoder.isLive, decoder.state?.seq]).toEqual([true, 7]);
    expect(receive(decoder, changes(7, 8, splice("m", 6, 0, "!"))).type).toBe("applied");
    expect(textOf(decoder)).toBe("hello!!");
  });

  it("takes a catch-up from another version for a gap", () => {
    const decoder = follow(five);
    const { request } = decoder.join();
    const outcome = receive(decoder, { ...changes(4, 7, splice("m", 5, 0, "!")), request });
    expect(repairOf(outcome)).toMatchObject({ request: request + 1, seq: 5 });
    expect(textOf(decoder)).toBe("hello");
  });
});

describe("3: a snapshot that answers the latest request replaces the state", () => {
  it.each([
    ["a later version", stateOf(9, begin("n", "new"))],
    ["an earlier version", stateOf(1, begin("n", "new"))],
    ["another epoch", apply(ChannelState.of("f"), changes(0, 3, begin("n", "new")))],
  ])("of %s", (_, state) => {
    const decoder = follow(five);
    const { request } = decoder.join();
    expect(receive(decoder, snapshot(request, state)).type).toBe("reset");
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(state));
    expect(receive(decoder, changes(state.seq, state.seq + 1, begin("o"))).type).toBe("applied");
  });

  it("L4: but not one that nobody asked for", () => {
    const decoder = follow(five);
    expect(receive(decoder, snapshot(0, stateOf(9)), snapshot(2, stateOf(9))).type).toBe("ignored");
    expect(decoder.state?.seq).toBe(5);
  });
});

describe("4: the last good state stays until a better one is complete", () => {
  const long = stateOf(7, begin("m", "one two three"), begin("n", "four five six"));

  it("L31: while the chunks of a snapshot come", () => {
    const decoder = follow(five);
    const before = decoder.state;
    const { request } = decoder.join();
    const frames = chunks(request, long, 4);
    const last = frames.pop() ?? expect.fail();
    expect(frames.length).toBeGreaterThan(3);
    for (const frame of frames) {
      expect(receive(decoder, frame).type).toBe("ignored");
      expect([decoder.state, decoder.isLive]).toEqual([before, false]);
    }
    expect(receive(decoder, last).type).toBe("reset");
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(long));
  });

  it("and chunks of an older request are no part of it", () => {
    const decoder = new Decoder("c");
    const old = chunks(decoder.join().request, long, 4);
    receive(decoder, ...old.slice(0, 2));
    const { request } = decoder.join();
    const now = chunks(request, long, 4);
    now.forEach((frame, i) => {
      receive(decoder, frame);
      const late = old[i + 2];
      if (late) receive(decoder, late);
    });
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(long));
  });

  it("through a gap, a wrong patch and a failure", () => {
    const decoder = follow(five);
    const before = decoder.state;
    const { request } = repairOf(receive(decoder, changes(6, 7)));
    expect(decoder.state).toBe(before);
    receive(decoder, { ...changes(5, 6, splice("m", 99, 0, "!")), request });
    expect(decoder.state).toBe(before);
    receive(decoder, snapshot(request + 1, five));
    const again = decoder.state;
    expect(receive(decoder, changes(5, 6, splice("m", 99, 0, "!"))).type).toBe("failed");
    expect(decoder.state).toBe(again);
    expect(textOf(decoder)).toBe("hello");
  });
});
