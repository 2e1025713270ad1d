import { apply, ChannelState, Composition, diff, Message } from "@deltawire/protocol";
import type { BytesPatch, Change, PartContent } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type BytesChange, followBytes } from "./follow-bytes.js";

type Listener = (changes: undefined) => void;

/** A channel that goes from state to state, as a reader's does. */
function channel(observes = true) {
  const listeners = new Set<Listener>();
  const observers = new Set<Listener>();
  let state = ChannelState.of("e");
  const listen = (set: Set<Listener>) => (listener: Listener) => {
    set.add(listener);
    return () => void set.delete(listener);
  };
  return {
    get state() {
      return state;
    },
    subscribe: listen(listeners),
    ...(observes && { observe: listen(observers) }),
    get isRead() {
      return listeners.size > 0;
    },
    go(next: ChannelState) {
      state = next;
      for (const listener of [...observers, ...listeners]) listener(undefined);
    },
    change(...changes: Change[]) {
      const { seq } = state;
      this.go(apply(state, { type: "changes", channel: "c", from: seq, to: seq + 1, changes }));
    },
  };
}

const added = (...parts: PartContent[]): Change => ({
  type: "message_added",
  id: "m",
  generation: 0,
  role: "terminal",
  parts,
});
const patch = (change: Partial<BytesPatch>): Change => ({
  type: "message_patch",
  id: "m",
  parts: [{ type: "bytes_patch", part: "o", trimmed: 0, appended: bytes(), ...change }],
});
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const output = (...values: number[]): PartContent => ({
  id: "o",
  kind: "bytes",
  bytes: bytes(...values),
});

test("tells what is there, what comes, and when what is shown is nothing to go on from", () => {
  const followed = channel();
  followed.change(added(output(1, 2)));
  const told: BytesChange[] = [];
  const next = () => told.splice(0);
  const stop = followBytes(followed, "m", "o", (change) => told.push(change));
  expect(next()).toEqual([{ type: "reset", base: bytes(), bytes: bytes(1, 2) }]);
  followed.change(patch({ appended: bytes(3), trimmed: 1 }));
  expect(next()).toEqual([{ type: "appended", bytes: bytes(3) }]);
  followed.change(patch({ trimmed: 2, base: bytes(9) }));
  expect(next()).toEqual([]);
  followed.change(patch({ skipped: 5, appended: bytes(4), base: bytes(8) }));
  expect(next()).toEqual([{ type: "reset", base: bytes(8), bytes: bytes(4) }]);
  followed.change({
    type: "message_patch",
    id: "m",
    parts: [{ type: "part_removed", part: "o" }],
  });
  expect(next()).toEqual([{ type: "reset", base: bytes(), bytes: bytes() }]);
  followed.change({ type: "channel_patch", attributes: [] });
  expect(next()).toEqual([]);
  followed.change({
    type: "message_patch",
    id: "m",
    parts: [{ type: "part_inserted", content: output(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) }],
  });
  expect(next()).toMatchObject([{ type: "reset", bytes: { length: 10 } }]);
  stop();
  expect(followed.isRead).toBe(false);
  followed.change(patch({ appended: bytes(1) }));
  expect(next()).toEqual([]);
});

test("waits for a part that is not there yet, and ignores one of another kind", () => {
  const followed = channel(false);
  const told: BytesChange[] = [];
  followBytes(followed, "m", "o", (change) => told.push(change));
  followed.change(added({ id: "o", kind: "text", text: "x" }));
  expect(told).toEqual([]);
  followed.change(added(output(1)));
  followed.change(patch({ appended: bytes(2) }));
  expect(told).toEqual([
    { type: "reset", base: bytes(), bytes: bytes(1) },
    { type: "appended", bytes: bytes(2) },
  ]);
});

/** What a program does to its output: the base is the sum of what came before. */
const step = fc.record({
  more: fc.uint8Array({ maxLength: 12 }),
  does: fc.constantFrom("append", "append", "compact", "renew"),
  /** How what comes of it gets to the reader, if it does now. */
  arrives: fc.constantFrom("frame", "frame", "later", "later", "snapshot", "difference"),
});

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => (a + b) & 255, 0);

test("what is shown is exact, however frames were composed or replaced on the way", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const followed = channel();
      followed.change(added(output()));
      let own = followed.state;
      let whole: number[] = [];
      let late: Change[] = [];
      let screen = -1;
      let resets = 0;
      followBytes(followed, "m", "o", (change) => {
        if (change.type === "reset") screen = sum(change.base);
        resets += change.type === "reset" ? 1 : 0;
        screen = (screen + sum(change.bytes)) & 255;
      });
      for (const { more, does, arrives } of steps) {
        const part = own.message("m")?.part("o");
        const held = part?.kind === "bytes" ? part.content.length : 0;
        if (does === "renew") whole = [];
        whole.push(...more);
        const base = bytes(sum(whole));
        const change = {
          append: patch({ appended: more }),
          compact: patch({ appended: more, trimmed: held + more.length, base }),
          renew: added(output(...more)),
        }[does];
        const seq = own.seq + 1;
        own = apply(own, {
          type: "changes",
          channel: "c",
          from: own.seq,
          to: seq,
          changes: [change],
        });
        late.push(change);
        if (arrives === "later") continue;
        const composition = new Composition();
        composition.add(late);
        const frame = { type: "changes", channel: "c", from: followed.state.seq, to: seq } as const;
        if (arrives === "frame") {
          followed.go(apply(followed.state, { ...frame, changes: composition.changes(own) }));
        } else if (arrives === "difference") {
          followed.go(apply(followed.state, diff("c", followed.state, own)));
        } else {
          const messages = own.messages.map((message) => Message.of(message.snapshot()));
          followed.go(ChannelState.of("e", { seq, messages }));
        }
        late = [];
        expect(screen).toBe(sum(whole));
      }
      if (steps.every(({ does, arrives }) => does === "append" && arrives === "frame")) {
        expect(resets).toBe(1);
      }
    }),
    { numRuns: 300 },
  );
});
