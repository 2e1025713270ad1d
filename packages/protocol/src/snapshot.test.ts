import {
  type MessageSnapshot,
  type PartContent,
  parseFrame,
  type SnapshotFrame,
} from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { Message } from "./message.js";
import { SnapshotAssembly } from "./snapshot.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { refusal } from "./testing/refusal.js";
import { plain, run } from "./testing/script.js";

const message = (id: string, ...parts: PartContent[]): MessageSnapshot => ({
  id,
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts,
});
const text = (id: string, content: string): PartContent => ({ id, kind: "text", text: content });
const stateOf = (...messages: MessageSnapshot[]): ChannelState =>
  ChannelState.of("e", { seq: 5, messages: messages.map((one) => Message.of(one)) });
const chunk = (more: boolean, ...messages: MessageSnapshot[]): SnapshotFrame => ({
  type: "snapshot",
  channel: "c",
  request: 1,
  epoch: "e",
  seq: 5,
  ...(more && { more }),
  messages,
});

describe("a snapshot", () => {
  it("comes together again, whatever the size of its chunks", () => {
    fc.assert(
      fc.property(anyBatches(2, 12), fc.integer({ min: 1, max: 200 }), (batches, size) => {
        const state = run(batches).states.at(-1) as ChannelState;
        const assembly = new SnapshotAssembly();
        const chunks = [...snapshotFrames("c", state, 1, size)];
        for (const one of chunks) expect(parseFrame(one, "bin")).toEqual(one); // no text is cut in a pair
        const results = chunks.map((one) => assembly.add(one));
        expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
        expect(chunks.map(({ more }) => more === true)).toEqual(
          chunks.map((_, i) => i < chunks.length - 1),
        );
        expect(plain(results.at(-1) as ChannelState)).toEqual(plain(state));
      }),
      { numRuns: 150 },
    );
  });

  it("is cut into chunks of a bounded size, attributes and values counted", () => {
    const value = { list: new Array(10_000).fill("a value of some length") };
    const attributes = { note: "x".repeat(100_000) };
    const messages = Array.from({ length: 40 }, (_, i) => ({
      ...message(`m${i}`, text("t", "é".repeat(i === 7 ? 2_000_000 : 20_000)), {
        id: "j",
        kind: "json",
        value,
      }),
      attributes,
    }));
    const chunks = [...snapshotFrames("c", stateOf(...messages), 1)];
    expect(chunks.length).toBeGreaterThan(10);
    for (const one of chunks) {
      const [wire] = createCodec("deltawire.v1.json").encode(one);
      expect(String(wire).length).toBeLessThan(2 ** 20);
    }
  });

  it("of nothing is one frame", () => {
    expect([...snapshotFrames("c", stateOf(), 3)]).toEqual([{ ...chunk(false), request: 3 }]);
  });

  it("of a window states the last messages, and counts the others", () => {
    const state = stateOf(...["a", "b", "c", "d"].map((id) => message(id, text("t", id))));
    for (const [last, ids, earlier] of [
      [0, [], 4],
      [1, ["d"], 3],
      [3, ["b", "c", "d"], 1],
      [4, ["a", "b", "c", "d"], 0],
      [9, ["a", "b", "c", "d"], 0],
    ] as const) {
      const chunks = [...snapshotFrames("c", state, 1, 1, last)];
      expect(chunks.map((one) => one.earlier)).toEqual(
        chunks.map((_, i) => (i === 0 && earlier > 0 ? earlier : undefined)),
      );
      const assembly = new SnapshotAssembly();
      const held = chunks.map((one) => assembly.add(one)).at(-1);
      expect(held?.messages.map(({ id }) => id)).toEqual(ids);
      expect(held?.earlier).toBe(earlier);
    }
  });

  it("has chunks of the size that is asked for", () => {
    const state = stateOf(message("m", text("t", "x".repeat(1_000_000))));
    const chunks = snapshotFrames("c", state, 1, 16_384);
    const [first] = chunks;
    expect(first).toMatchObject({ more: true });
    const length = first?.messages[0]?.parts.map(
      (part) => part.kind === "text" && part.text.length,
    );
    expect(length).toEqual([16_384]);
  });

  it("begins anew after a last chunk", () => {
    const assembly = new SnapshotAssembly();
    for (const content of ["old", "new"]) {
      assembly.add({ ...chunk(true, message("m", text("t", content))), earlier: 2 });
      const state = assembly.add(chunk(false, message("m", text("t", "!"))));
      expect(state?.message("m")?.part("t")).toMatchObject({ text: `${content}!` });
      expect(state?.earlier).toBe(2);
    }
  });

  it("begins anew with a chunk of another version or epoch", () => {
    for (const other of [{ seq: 6 }, { epoch: "f" }]) {
      const assembly = new SnapshotAssembly();
      assembly.add({ ...chunk(true, message("m", text("t", "old"))), attributes: { old: 1 } });
      const state = assembly.add({ ...chunk(false, message("m", text("t", "new"))), ...other });
      expect(state).toMatchObject({ seq: 5, epoch: "e", attributes: {}, ...other });
      expect(state?.messages.map(({ parts }) => parts.length)).toEqual([1]);
      expect(state?.message("m")?.part("t")).toMatchObject({ text: "new" });
    }
  });

  const long = message("m", text("t", "a"));
  const bytes = { id: "b", kind: "bytes", bytes: Uint8Array.of(1, 2) } as const;
  it.each<readonly [string, SnapshotFrame[], string, string]>([
    ["a message twice", [chunk(false, long, message("n"), long)], "malformed", "/messages/2/id"],
    [
      "a base above max_value_size",
      [chunk(false, long, message("n", { ...bytes, base: new Uint8Array(2 ** 21 + 1) }))],
      "limit_exceeded",
      "/messages/1",
    ],
    [
      "a stream of bytes that a chunk takes past 2^53 - 1",
      [
        chunk(true, message("m", { ...bytes, start: Number.MAX_SAFE_INTEGER - 2 })),
        chunk(false, message("m", bytes)),
      ],
      "limit_exceeded",
      "/messages/0",
    ],
    [
      "a message again later",
      [chunk(true, long, message("n")), chunk(false, long)],
      "malformed",
      "/messages/0/id",
    ],
    [
      "a part twice",
      [chunk(false, message("m", text("t", ""), text("t", "")))],
      "malformed",
      "/messages/0/parts",
    ],
    [
      "a part that goes on as another kind",
      [chunk(true, long), chunk(false, message("m", { id: "t", kind: "json", value: 1 }))],
      "malformed",
      "/messages/0/parts",
    ],
    [
      "a JSON part that goes on",
      [
        chunk(true, message("m", { id: "j", kind: "json", value: 1 })),
        chunk(false, message("m", { id: "j", kind: "json", value: 2 })),
      ],
      "malformed",
      "/messages/0/parts",
    ],
    [
      "too large a message in small chunks",
      Array.from({ length: 5 }, () => chunk(true, message("m", text("t", "x".repeat(15_000_000))))),
      "limit_exceeded",
      "/messages/0",
    ],
  ])("is refused with %s", (_, chunks, code, path) => {
    const assembly = new SnapshotAssembly();
    const error = refusal(() => chunks.map((one) => assembly.add(one)));
    expect(error).toMatchObject({ code, path });
  });
});
