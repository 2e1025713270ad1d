import { apply, ChannelState, Composition } from "@deltawire/protocol";
import type { Change, ChangesFrame, SubscribeFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder.js";
import type { ReceivedFrame } from "./outcome.js";
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

const five = stateOf(5, begin("m", "hello"));

describe("5: what does not fit is answered by one snapshot, then by an error", () => {
  const wrong: [string, ReceivedFrame, string][] = [
    [
      "digest at completion",
      changes(5, 6, complete("m", stateOf(5, begin("m", "hullo")))),
      "digest_mismatch",
    ],
    ["checkpoint", { ...checkpoint("m", five), crc32: 1 }, "digest_mismatch"],
    ["length in a checkpoint", { ...checkpoint("m", five), length: 4 }, "digest_mismatch"],
    [
      "checkpoint of a part that is not there",
      { ...checkpoint("m", five), part: "x" },
      "digest_mismatch",
    ],
    ["offset", changes(5, 6, splice("m", 6, 0, "!")), "offset_out_of_range"],
    ["message", changes(5, 6, splice("x", 0, 0, "!")), "unknown_message"],
  ];

  it.each(wrong)("a wrong %s: never a loop", (_, frame, code) => {
    const decoder = follow(five);
    const first = receive(decoder, frame);
    expect(first).toMatchObject({ type: "repair", cause: { code } });
    expect(repairOf(first)).toEqual({ type: "subscribe", channel: "c", request: 2 });
    expect(receive(decoder, frame).type).toBe("ignored");
    expect(receive(decoder, snapshot(2, five)).type).toBe("reset");
    const second = receive(decoder, frame);
    expect(second).toMatchObject({ type: "failed", error: { code, channel: "c" } });
    expect(decoder.counts).toMatchObject({ mismatches: 2, gaps: 0, resets: 2 });
    for (const late of [frame, snapshot(2, five), snapshot(3, five), changes(5, 6)]) {
      expect(receive(decoder, late)).toEqual({ type: "ignored" });
    }
    expect([decoder.isLive, textOf(decoder)]).toEqual([false, "hello"]);
  });

  it("a snapshot that does not fit itself counts as well", () => {
    const decoder = new Decoder("c");
    const { request } = decoder.join();
    const twice = (of: number): ReceivedFrame => {
      const frame = snapshot(of, five);
      return { ...frame, messages: [...frame.messages, ...frame.messages] };
    };
    const send = repairOf(receive(decoder, twice(request)));
    expect(receive(decoder, twice(send.request)).type).toBe("failed");
    expect(decoder.state).toBeUndefined();
  });

  it.each<[string, ReceivedFrame]>([
    ["checkpoint", checkpoint("m", five)],
    ["completion", changes(5, 6, complete("m", five))],
  ])("a right %s restores the trust", (_, confirmation) => {
    const decoder = follow(five);
    const bad = changes(5, 6, splice("x", 0, 0, "!"));
    const { request } = repairOf(receive(decoder, bad));
    receive(decoder, snapshot(request, five), confirmation);
    const seq = decoder.state?.seq ?? 0;
    const outcome = receive(decoder, changes(seq, seq + 1, splice("x", 0, 0, "!")));
    expect(repairOf(outcome)).not.toHaveProperty("seq");
  });

  it("a state that is known to be wrong is nothing to go on from", () => {
    const decoder = follow(five);
    repairOf(receive(decoder, { ...checkpoint("m", five), crc32: 1 }));
    const again = decoder.join(); // the connection was lost before the snapshot came
    expect(again).not.toHaveProperty("seq");
    receive(decoder, snapshot(again.request, five));
    expect(decoder.join()).toMatchObject({ epoch: "e", seq: 5 });
  });

  it("nor is one that has failed", () => {
    const decoder = follow(five);
    const bad = changes(5, 6, splice("x", 0, 0, "!"));
    const { request } = repairOf(receive(decoder, bad));
    expect(receive(decoder, snapshot(request, five), bad).type).toBe("failed");
    expect(decoder.join()).not.toHaveProperty("seq");
  });

  it("a gap between does not restore it", () => {
    const decoder = follow(five);
    const bad = changes(5, 6, splice("x", 0, 0, "!"));
    const { request } = repairOf(receive(decoder, bad));
    receive(decoder, snapshot(request, five));
    const next = repairOf(receive(decoder, changes(7, 8)));
    receive(decoder, subscribed(next.request, "current"));
    expect(receive(decoder, bad).type).toBe("failed");
  });
});

type Step =
  | "write"
  | "lose"
  | "repeat"
  | "stale"
  | "reconnect"
  | "answer"
  | "lose answer"
  | "check";

/** A server with one consumer, over a connection that loses and repeats. */
class Server {
  readonly states: ChannelState[] = [ChannelState.of("e")];
  readonly log: ChangesFrame[] = [];
  readonly decoder = new Decoder("c");
  #asked: SubscribeFrame | undefined = this.decoder.join();

  get state(): ChannelState {
    return this.states.at(-1) ?? expect.fail();
  }

  step(step: Step, n: number): void {
    const old = this.log[n % Math.max(1, this.log.length)];
    if (step === "write") this.#deliver(this.write(n));
    if (step === "lose") this.write(n);
    if (step === "repeat") this.#deliver(this.log.at(-1));
    if (step === "stale") this.#deliver(old);
    if (step === "reconnect") this.#asked = this.decoder.join();
    if (step === "answer") this.answer(n);
    if (step === "lose answer") this.#asked = undefined;
    if (step === "check" && this.state.message("m")) this.#deliver(checkpoint("m", this.state));
  }

  write(n: number): ChangesFrame {
    const { seq } = this.state;
    const frame = changes(seq, seq + 1, ...this.#change(n));
    this.log.push(frame);
    this.states.push(apply(this.state, frame));
    return frame;
  }

  #change(n: number): Change[] {
    const message = this.state.message("m");
    if (!message) return [begin("m", `begun ${n}`)];
    if (message.isFinal) return [begin("m", `again ${n}`, message.generation + 1)];
    const { length } = message.text;
    if (n % 11 === 0) return [complete("m", this.state)];
    if (n % 13 === 0) return [{ type: "message_removed", id: "m" }];
    if (n % 2 === 0) return [splice("m", length, 0, ` ${n}`)];
    const at = n % (length + 1);
    return [splice("m", at, Math.min(2, length - at), `<${n}>`)];
  }

  /** Answers what was asked last: by nothing, a composed catch-up, or a snapshot in chunks. */
  answer(n: number): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#asked = undefined;
    const { request, seq } = asked;
    if (seq === undefined || n % 3 === 0) {
      this.#deliver(subscribed(request, "snapshot"));
      for (const frame of chunks(request, this.state, 5)) this.#deliver(frame);
    } else if (seq === this.state.seq) this.#deliver(subscribed(request, "current"));
    else {
      const missed = this.log.slice(seq);
      const composition = new Composition();
      for (const { changes } of missed) composition.add(changes);
      const head = { type: "changes", channel: "c", from: seq, to: this.state.seq } as const;
      this.#deliver({ ...head, changes: composition.changes(undefined), request });
    }
  }

  #deliver(frame: ReceivedFrame | undefined): void {
    if (!frame) return;
    const outcome = this.decoder.receive(frame);
    expect(outcome.type).not.toBe("failed");
    if (outcome.type === "repair") {
      expect(outcome.cause.code).toBe("gap");
      this.#asked = outcome.send;
    }
  }
}

describe("a decoder behind a connection that loses, repeats and repairs", () => {
  it("holds one of the server's states at every step, and the last one in the end", () => {
    const steps: Step[] = ["write", "lose", "repeat", "stale", "reconnect", "answer"];
    const step = fc.constantFrom<Step>(...steps, "write", "answer", "lose answer", "check");
    const plan = fc.array(fc.tuple(step, fc.nat({ max: 1000 })), { maxLength: 80, size: "max" });
    const seen = { gaps: 0, applied: 0, resets: 0 };
    fc.assert(
      fc.property(plan, fc.nat(), (steps, last) => {
        const server = new Server();
        const { decoder } = server;
        for (const [step, n] of steps) {
          server.step(step, n);
          const { state } = decoder;
          if (!state) continue;
          expect(plain(state)).toEqual(plain(server.states[state.seq] ?? expect.fail()));
        }
        server.step("reconnect", last);
        server.step("answer", last);
        server.step("write", last);
        expect(plain(decoder.state ?? expect.fail())).toEqual(plain(server.state));
        expect([decoder.isLive, decoder.counts.mismatches]).toEqual([true, 0]);
        seen.gaps += decoder.counts.gaps;
        seen.applied += decoder.counts.applied;
        seen.resets += decoder.counts.resets;
      }),
      { numRuns: 300 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });
});
