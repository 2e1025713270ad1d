import { apply, ChannelState, Composition, snapshotFrames } from "@deltawire/protocol";
import type { Change, HistoryFrame, HistoryPageFrame, SubscribeFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder.js";
import { History } from "./history.js";
import type { Outcome, ReceivedFrame } from "./outcome.js";
import { receive, repairOf } from "./testing/following.js";
import { begin, changes, checkpoint, complete, plain, splice, stateOf } from "./testing/frames.js";

const many = stateOf(5, ...["a", "b", "c", "d", "e"].map((id) => begin(id, id)));
const ids = ({ messages = [] }: Partial<ChannelState> = {}) =>
  messages.map(({ id }) => id).join("");

const windowOf = (request: number, state: ChannelState, last?: number) => [
  ...snapshotFrames("c", state, request, 9, last),
];

function follow(state: ChannelState, last: number): Decoder {
  const decoder = new Decoder("c", last);
  receive(decoder, ...windowOf(decoder.join().request, state, last));
  return decoder;
}

function pageOf(frame: HistoryFrame, state: ChannelState): HistoryPageFrame {
  const end = state.messages.findIndex(({ id }) => id === frame.before);
  const start = Math.max(0, end - frame.last);
  return {
    type: "history_page",
    channel: "c",
    request: frame.request,
    epoch: state.epoch,
    seq: state.seq,
    ...(start > 0 && { earlier: start }),
    messages: state.messages.slice(start, end).map((message) => message.snapshot()),
  };
}

function ask(decoder: Decoder, count: number): HistoryFrame {
  const frame = decoder.history(count, History);
  return frame?.type === "history" ? frame : expect.fail("nothing is asked for");
}

const refusal = (request: number, code = "unknown_message"): ReceivedFrame => ({
  type: "error",
  code,
  message: "no",
  request,
});

describe("a window", () => {
  it("states how many messages it is of, with each request", () => {
    const decoder = new Decoder("c", 2);
    expect(decoder.join()).toEqual({ type: "subscribe", channel: "c", request: 1, last: 2 });
    receive(decoder, ...windowOf(1, many, 2));
    expect([ids(decoder.state), decoder.state?.earlier]).toEqual(["de", 3]);
    expect(decoder.join()).toMatchObject({ request: 2, epoch: "e", seq: 5, last: 2 });
    receive(decoder, ...windowOf(2, many, 2), changes(5, 6, begin("f")));
    expect(repairOf(receive(decoder, changes(9, 10)))).toMatchObject({ seq: 6, last: 3 });
  });

  it("skips what is before it, and does not tell of it", () => {
    const decoder = follow(many, 2);
    const known = splice("d", 1, 0, "!");
    const outcome = receive(decoder, changes(5, 6, splice("a", 9, 9, "?"), known));
    expect(outcome).toEqual({ type: "applied", frame: changes(5, 6, known) });
    const unknown = { ...checkpoint("a", many), seq: 6, crc32: 1 };
    expect(receive(decoder, unknown).type).toBe("ignored");
    expect([decoder.state?.seq, decoder.isLive]).toEqual([6, true]);
    expect(receive(decoder, { ...unknown, message: "e" }).type).toBe("repair");
  });

  it("begins anew where a message may be before it, without distrust", () => {
    const decoder = follow(many, 2);
    for (let seq = 5; seq < 30; seq++) {
      const send = repairOf(receive(decoder, changes(seq, seq + 1, begin("a", "", seq))));
      expect(send).not.toHaveProperty("seq");
      receive(decoder, ...windowOf(send.request, many.with({ seq: seq + 1 }), 2));
    }
    expect([ids(decoder.state), decoder.counts.mismatches]).toEqual(["de", 0]);
  });
});

describe("6: earlier messages", () => {
  it("come before the first one, up to the first of all", () => {
    const decoder = follow(many, 2);
    const first = ask(decoder, 2);
    expect(first).toEqual({ type: "history", channel: "c", request: 2, before: "d", last: 2 });
    expect(decoder.history(2, History)).toBeUndefined();
    const outcome = receive(decoder, pageOf(first, many));
    expect(outcome).toEqual({ type: "ignored", history: { type: "loaded" } });
    expect([ids(decoder.state), decoder.state?.earlier]).toEqual(["bcde", 1]);
    receive(decoder, pageOf(ask(decoder, 2), many));
    expect(plain(decoder.state ?? expect.fail())).toEqual(plain(many));
    expect([decoder.state?.earlier, decoder.history(2, History)]).toEqual([0, undefined]);
    expect(decoder.join()).toMatchObject({ last: 5 });
  });

  it("of a later version wait for it", () => {
    const decoder = follow(many, 2);
    const next = changes(5, 6, splice("a", 1, 0, "!"));
    const page = pageOf(ask(decoder, 2), apply(many, next));
    expect(receive(decoder, page)).toEqual({ type: "ignored" });
    expect(ids(decoder.state)).toBe("de");
    expect(receive(decoder, next)).toMatchObject({ type: "applied", history: { type: "loaded" } });
    expect(ids(decoder.state)).toBe("bcde");
  });

  it("of a version that is past are asked for again, three times", () => {
    const decoder = follow(many, 2);
    let frame = ask(decoder, 2);
    let outcome: Outcome | undefined;
    for (let seq = 5; seq < 9; seq++) {
      receive(decoder, changes(seq, seq + 1, { type: "channel_patch", attributes: [] }));
      outcome = receive(decoder, pageOf(frame, many.with({ seq })));
      if (outcome.history?.type === "again") frame = outcome.history.send;
    }
    expect([frame.request, ids(decoder.state)]).toEqual([5, "de"]);
    expect(outcome?.history).toMatchObject({ type: "refused", error: { code: "overloaded" } });
    receive(decoder, pageOf(ask(decoder, 2), many.with({ seq: 9 })));
    expect(ids(decoder.state)).toBe("bcde");
  });

  it("of another epoch are asked for again, though the versions are equal", () => {
    const decoder = follow(many, 2);
    const outcome = receive(decoder, { ...pageOf(ask(decoder, 2), many), epoch: "f" });
    expect([outcome.history?.type, ids(decoder.state)]).toEqual(["again", "de"]);
  });

  it("are refused alone", () => {
    const decoder = follow(many, 2);
    const { request } = ask(decoder, 2);
    expect(receive(decoder, refusal(99)).history).toBeUndefined();
    const outcome = receive(decoder, refusal(request));
    expect(outcome.history).toMatchObject({ error: { code: "unknown_message", channel: "c" } });
    const page = pageOf(ask(decoder, 2), many);
    const twice = { ...page, messages: many.messages.slice(2).map((one) => one.snapshot()) };
    expect(receive(decoder, twice).history).toMatchObject({ error: { code: "malformed" } });
    expect([decoder.isLive, ids(decoder.state)]).toEqual([true, "de"]);
  });

  it("of a lost connection do not come", () => {
    const decoder = follow(many, 2);
    const page = pageOf(ask(decoder, 2), many);
    decoder.leave();
    const { request } = decoder.join();
    receive(decoder, page, ...windowOf(request, many, 2));
    expect(ids(decoder.state)).toBe("de");
    expect(ask(decoder, 1).request).toBe(request + 1);
  });
});

/** A server with a windowed consumer: it composes, reloads, loses its history, and is asked. */
class Server {
  state = apply(ChannelState.of("e"), changes(0, 1, begin("m0"), begin("m1"), begin("m2")));
  decoder: Decoder;
  #waiting: Change[] = [];
  #from = 1;
  #count = 3;
  readonly #last: number;
  #subscribed: SubscribeFrame;
  readonly seen = { pages: 0, again: 0, reloads: 0, lost: 0 };
  #asked: HistoryFrame | undefined;

  constructor(last: number) {
    this.#last = last;
    this.decoder = new Decoder("c", last);
    this.#subscribed = this.decoder.join();
    this.reload();
  }

  write(n: number): void {
    const pick = this.state.messages[n % Math.max(1, this.state.messages.length)];
    const list: Change[] = [];
    this.#count += 1;
    if (!pick || n % 5 === 0) list.push(begin(`m${this.#count}`, `${n}`));
    else if (n % 7 === 0 && this.state.messages.length > 2) {
      list.push({ type: "message_removed", id: pick.id });
      if (n % 2) list.push(begin(pick.id, "renewed"));
    } else if (pick.isFinal) list.push(begin(pick.id, "again", pick.generation + 1));
    else if (n % 11 === 0) list.push(complete(pick.id, this.state));
    else list.push(splice(pick.id, 0, Math.min(1, pick.text.length), `${n}`));
    const { seq } = this.state;
    this.state = apply(this.state, changes(seq, seq + 1, ...list));
    this.#waiting.push(...list);
  }

  /** Everything that waits, in one frame. */
  flush(): void {
    if (this.#from === this.state.seq) return;
    const composition = new Composition();
    composition.add(this.#waiting);
    const frame = changes(this.#from, this.state.seq, ...composition.changes());
    this.#sent();
    this.#deliver(frame);
  }

  #sent(): void {
    this.#waiting = [];
    this.#from = this.state.seq;
  }

  reload(): void {
    const { request, last = this.#last } = this.#subscribed;
    this.seen.reloads += 1;
    this.#sent();
    for (const frame of windowOf(request, this.state, last)) this.#deliver(frame);
  }

  reconnect(): void {
    this.decoder.leave();
    this.#asked = undefined;
    this.#subscribed = this.decoder.join();
    const { epoch, seq } = this.#subscribed;
    if (epoch !== this.state.epoch || seq !== this.#from) this.reload();
    else {
      const { request } = this.#subscribed;
      this.#deliver({ type: "subscribed", channel: "c", request, epoch, seq, answer: "current" });
    }
  }

  lose(n: number): void {
    this.seen.lost += 1;
    const kept = n % 2 ? this.state.messages.slice(1) : [];
    this.state = ChannelState.of(`${this.state.epoch}+`, { seq: n % 3, messages: kept });
    this.reconnect();
  }

  ask(n: number): void {
    const frame = this.decoder.history(1 + (n % 3), History);
    if (frame?.type === "subscribe") {
      this.#subscribed = frame;
      this.reload();
    } else this.#asked = frame ?? this.#asked;
  }

  page(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (!asked) return;
    if (this.state.message(asked.before)) this.#deliver(pageOf(asked, this.state));
    else this.#deliver(refusal(asked.request));
  }

  #deliver(frame: ReceivedFrame): void {
    const outcome = this.decoder.receive(frame);
    expect(outcome.type).not.toBe("failed");
    if (outcome.history?.type === "loaded") this.seen.pages += 1;
    if (outcome.history?.type === "again") {
      this.seen.again += 1;
      this.#asked = outcome.history.send;
    }
    if (outcome.type !== "repair") return;
    this.#subscribed = outcome.send;
    this.reload();
  }

  check(): void {
    const { state, isStale, isLive } = this.decoder;
    expect(isLive).toBe(true);
    if (!state || isStale || this.#from !== this.state.seq) return;
    const { length } = state.messages;
    const whole = this.state.messages;
    const tail = whole.slice(whole.length - length);
    const plain = (list: typeof whole) => list.map((message) => message.snapshot());
    expect(plain(state.messages)).toEqual(plain(tail));
    expect(state.earlier).toBeGreaterThanOrEqual(whole.length - length);
    expect(state.seq).toBe(this.state.seq);
  }
}

describe("a windowed replica", () => {
  it("is the tail of the whole one, through pages, reloads, reconnects and lost histories", () => {
    const act = fc.constantFrom(
      ...(["write", "write", "flush", "write", "ask", "ask", "page"] as const),
      ...(["write", "ask", "page", "write", "flush", "reload", "reconnect", "lose"] as const),
    );
    const plan = fc.array(fc.tuple(act, fc.nat({ max: 1000 })), {
      minLength: 30,
      maxLength: 120,
      size: "max",
    });
    const seen = { pages: 0, again: 0, reloads: 0, lost: 0 };
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 4 }), (steps, last) => {
        const server = new Server(last);
        for (const [act, n] of steps) {
          server[act](n);
          server.check();
        }
        server.flush();
        server.check();
        for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += server.seen[key];
      }),
      { numRuns: 300 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });
});
