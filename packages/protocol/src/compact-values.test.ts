import { type ChangesFrame, type JsonValue, LIMITS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { CodecContext } from "./codec-context.js";
import { keysOf } from "./keys-of-state.js";
import { encodeInContext, pack } from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { NameTable } from "./name-table.js";
import { Packer } from "./packer.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { merged } from "./testing/network.js";
import { refusal } from "./testing/refusal.js";
import { plain, run } from "./testing/script.js";
import { anyTime } from "./testing/times.js";
import { stateOf } from "./testing/vectors.js";
import { Unpacker } from "./unpacker.js";

const anyKey = fc.oneof(
  fc.constantFrom("id", "status", "created_at", "a", "é漢", "0", "toString", "constructor", ""),
  fc.nat({ max: 200 }).map((n) => `key ${n}`),
  fc.integer({ min: 300, max: 2100 }).map((n) => "k".repeat(n)),
);
const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    anyTime,
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.constantFrom<JsonValue[]>(null, true, 0, -1.5, 128),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(anyKey, tie("value"), {
      maxKeys: 6,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonValue>,
  ),
}));

/** Frames that begin messages with values, each in the context of those before it. */
const framesOf = (values: readonly JsonValue[]): ChangesFrame[] =>
  values.map((value, i) => ({
    type: "changes",
    channel: "c",
    from: i,
    to: i + 1,
    changes: [
      {
        type: "message_added",
        id: `m${i}`,
        generation: 0,
        role: "user",
        attributes: { value },
        parts: [{ id: "j", kind: "json", value }],
      },
    ],
  }));

const compact = (seq = 0): CodecContext => new CodecContext(seq, true);

describe("compact values", () => {
  it("come back as they were, member by member, and both ends have the same keys", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 12 }), (values) => {
        const [writer, reader, usual] = [compact(), compact(), new CodecContext()];
        for (const frame of framesOf(values)) {
          const bytes = encodeInContext(writer, frame);
          // The order of members too, which no comparison of objects tells.
          expect(JSON.stringify(decodeInContext(reader, "c", bytes))).toBe(JSON.stringify(frame));
          expect(reader.keys?.stated).toEqual(writer.keys?.stated);
          const plain = encodeInContext(usual, frame);
          expect(bytes.length).toBeLessThanOrEqual(plain.length);
          expect(bytes.length + writer.saved, "what was saved").toBe(plain.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("carry a history, from any snapshot on, through catch-ups and leaps", () => {
    const steps = fc.array(fc.constantFrom(1, 1, 2, 129), { maxLength: 6 });
    fc.assert(
      fc.property(anyBatches(2, 20), steps, fc.nat(), fc.nat(), (batches, leaps, n, size) => {
        const { states, frames } = run(batches, "c", 100, leaps);
        const writer = CodecContext.of(states[0] as ChannelState, true);
        let reader: CodecContext | undefined;
        frames.forEach((frame, i) => {
          const state = states[i] as ChannelState;
          if (i === n % frames.length) {
            reader = compact();
            reader.lost = true;
            for (const chunk of snapshotFrames("c", state, 1, size % 60 || undefined)) {
              expect(decodeInContext(reader, "c", encodeInContext(writer, chunk))).toEqual(chunk);
            }
          }
          const bytes = encodeInContext(writer, frame);
          if (!reader) return;
          const received = decodeInContext(reader, "c", bytes) as ChangesFrame;
          expect(received).toEqual({ ...frame, changes: merged(frame.changes) });
          expect(plain(apply(state, received))).toEqual(plain(states[i + 1] as ChannelState));
          const answer: ChangesFrame = { ...frame, request: 2 };
          const restated = encodeInContext(writer, answer);
          expect(decodeInContext(reader, "c", restated)).toEqual(answer);
          expect(reader.keys?.stated).toEqual(writer.keys?.stated);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("go plain where nothing is compact, and what is plain teaches no keys", () => {
    const value = { status: "running", status_since: "2026-11-21T19:00:00Z" };
    const [writer, reader] = [compact(), compact()];
    const [first, second] = framesOf([value, "no object"]) as [ChangesFrame, ChangesFrame];
    const usual = new CodecContext();
    expect(encodeInContext(usual, first)[1]).toBe(0);
    decodeInContext(reader, "c", encodeInContext(new CodecContext(), first));
    expect(reader.keys?.stated).toEqual([]);
    expect(encodeInContext(writer, first)[1]).toBe(8);
    const silent = { ...second, changes: [{ type: "message_removed", id: "m0" }] } as const;
    expect(encodeInContext(writer, silent)[1]).toBe(0);
  });

  it("state the keys of a state to whom it is new: a snapshot has each of them once", () => {
    const messages = Array.from({ length: 100 }, (_, i) => ({
      id: `m${i}`,
      generation: 0,
      role: "tool",
      status: "completed",
      parts: [{ id: "j", kind: "json", value: { tool_call: i, arguments: { path: "x" } } }],
    }));
    const state = stateOf({ messages }, 1);
    const [chunk] = snapshotFrames("c", state, 1);
    if (!chunk) return expect.fail("no chunk");
    const text = Buffer.from(encodeInContext(CodecContext.of(state, true), chunk)).toString(
      "latin1",
    );
    for (const key of ["tool_call", "arguments", "path"]) {
      expect(text.split(key), key).toHaveLength(2);
    }
    const usual = encodeInContext(CodecContext.of(state), chunk);
    expect(text.length).toBeLessThan(0.6 * usual.length);
  });

  it("looks at no more of a state for its keys than there is room for", () => {
    const value = (size: number) =>
      Object.fromEntries([...Array(size).keys()].map((i) => [`k${i}`, i]));
    const of = (...values: JsonValue[]) => {
      const parts = values.map((value, i) => ({ id: `p${i}`, kind: "json", value }));
      const message = { id: "m", generation: 0, role: "r", status: "streaming", parts };
      return keysOf(stateOf({ messages: [message] }, 1)).stated.slice(1);
    };
    expect(of(value(65))).toEqual([]);
    expect(of(value(64))).toHaveLength(64);
    expect(of({ old: 1 }, { young: 1 }, value(62))).toContain("old");
    const many = Array.from({ length: 2000 }, (_, i) => [i]);
    expect(of({ late: 1, many })).toEqual(["many", "late"]);
    expect(of(many, { first: 1 }, [many, { last: 1 }])).not.toContain("first");
  });
});

describe("hostile compact values", () => {
  const keysWith = (...names: string[]): NameTable => {
    const keys = new NameTable();
    for (const name of names) keys.intern(name);
    return keys;
  };
  const read = (hex: string, keys = keysWith("status", "__proto__")) =>
    new Unpacker(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"))).rest(1, {
      keys,
      learns: true,
    })[0];

  it.each([
    ["a number that no key has", "81 05 01"],
    ["a negative number", "81 ff 01"],
    ["a fraction", "81 cb 3fe0000000000000 01"],
    ["a nil key", "81 c0 01"],
    ["a timestamp as a key", "81 d6 ff 00000000 01"],
    ["another extension", "d6 01 00000000"],
    ["a timestamp of 12 bytes", "c7 0c ff 00000000 0000000000000000"],
    ["one that is cut", "d7 ff 00000000 000000"],
    ["a fraction of a millisecond", "d7 ff 00000004 00000000"],
    ["a second of nanoseconds", "d7 ff ee6b2800 00000000"],
  ])("%s is malformed", (_, hex) => {
    expect(refusal(() => read(hex))?.code).toBe("malformed");
  });

  it("__proto__ by number is a member like any other, for the gate to refuse", () => {
    const value = read("81 01 81 00 01") as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty("status");
    const reader = compact();
    reader.keys?.intern("__proto__");
    const added = [0, "m", 0, "user", null, null, null, [["j", 1, "VALUE", 0]]];
    const bytes = Buffer.from(pack([8, 1, added]))
      .toString("latin1")
      .replace("\xa5VALUE", "\x81\x00\x01");
    const error = refusal(() => decodeInContext(reader, "c", Buffer.from(bytes, "latin1")));
    expect(error?.code).toBe("forbidden_key");
    expect(reader.lost).toBe(true);
  });

  it("a small frame does not become a large one", () => {
    const keys = keysWith("k".repeat(2000));
    const { max_frame_bytes } = LIMITS;
    const members = (count: number) =>
      `dd${count.toString(16).padStart(8, "0")}${"8100c0".repeat(count)}`;
    const room = Math.floor(max_frame_bytes / 2005);
    expect(read(members(room - 1), keys)).toHaveLength(room - 1);
    expect(refusal(() => read(members(room + 1), keys))?.message).toMatch("max_frame_bytes");
    const times = Math.floor(max_frame_bytes / 21);
    const list = `dd${(times + 1).toString(16).padStart(8, "0")}${"d6ff00000000".repeat(times + 1)}`;
    expect(refusal(() => read(list))?.code).toBe("limit_exceeded");
  });

  it("are unknown to who has not said that it reads them", () => {
    const [frame] = framesOf([null]) as [ChangesFrame];
    const bytes = encodeInContext(compact(), frame);
    expect(refusal(() => decodeInContext(new CodecContext(), "c", bytes))?.code).toBe(
      "unknown_frame",
    );
  });

  it("of a frame that is not the next one are not looked at", () => {
    const frames = framesOf([{ status: 1 }, { status: 2 }, { status: 3 }]);
    const [writer, reader] = [compact(), compact()];
    const messages = frames.map((frame) => encodeInContext(writer, frame));
    const gap = decodeInContext(reader, "c", messages[1] as Uint8Array);
    expect(gap).toMatchObject({ type: "changes", from: 1, changes: [] });
    expect(reader.lost).toBe(true);
  });

  it.each([
    [[0]],
    [[128, "status"]],
    [[-1, "status"]],
    [[0, "x"]],
    [[0, "same", "same"]],
    [["status"]],
  ])("a list of keys %j that nobody could have made is malformed", (list) => {
    const reader = compact();
    const bytes = new Packer().pack([9, list, 0, 1, 1, [[], [], null], []]);
    expect(refusal(() => decodeInContext(reader, "c", bytes))?.code).toBe("malformed");
  });
});
