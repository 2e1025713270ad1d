import type { BytesPatch, PartContent } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, patchContent } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { Composition } from "./compose.js";
import { crc32 } from "./crc32.js";
import { diff } from "./diff.js";
import { Message } from "./message.js";
import { type BytesPart, contentOf, partOf } from "./part.js";
import { SnapshotAssembly } from "./snapshot.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { plain } from "./testing/script.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const part = (content: object): BytesPart =>
  partOf({ id: "b", kind: "bytes", bytes: bytes(1, 2, 3), ...content } as PartContent) as BytesPart;

const patch = (change: Partial<BytesPatch>): BytesPatch => ({
  type: "bytes_patch",
  part: "b",
  trimmed: 0,
  appended: bytes(),
  ...change,
});

const holding = (...parts: PartContent[]): ChannelState =>
  ChannelState.of("e", {
    messages: [Message.of({ id: "m", generation: 0, role: "r", parts })],
  });

const held = (state: ChannelState): BytesPart => state.message("m")?.part("b") as BytesPart;

const frame = (state: ChannelState, ...parts: BytesPatch[]) => ({
  type: "changes" as const,
  channel: "c",
  from: state.seq,
  to: state.seq + 1,
  changes: [{ type: "message_patch" as const, id: "m", parts }],
});

describe("a bytes part", () => {
  it.each<readonly [string, object, Partial<BytesPatch>, object]>([
    ["counts what is trimmed", {}, { trimmed: 2 }, { start: 2, bytes: bytes(3) }],
    [
      "keeps its base",
      { base: bytes(9), start: 5 },
      { trimmed: 1 },
      { base: bytes(9), start: 6, bytes: bytes(2, 3) },
    ],
    [
      "takes another base",
      { base: bytes(9), start: 5 },
      { trimmed: 3, base: bytes(8, 8) },
      { base: bytes(8, 8), start: 8, bytes: bytes() },
    ],
    ["loses its base", { base: bytes(9) }, { base: bytes() }, { bytes: bytes(1, 2, 3) }],
    [
      "skips",
      { start: 1 },
      { trimmed: 3, appended: bytes(7), skipped: 100 },
      { start: 104, bytes: bytes(7) },
    ],
  ])("%s", (_, before, change, after) => {
    const patched = patchContent(part(before), patch(change)) as BytesPart;
    expect(contentOf(patched)).toEqual({ id: "b", kind: "bytes", ...after });
  });

  it.each<readonly [string, object, Partial<BytesPatch>, object]>([
    [
      "more trimmed than there is",
      {},
      { trimmed: 4 },
      { code: "offset_out_of_range", path: "/trimmed" },
    ],
    [
      "skipped past bytes that stay",
      {},
      { trimmed: 2, skipped: 1 },
      { code: "offset_out_of_range", path: "/skipped" },
    ],
    ["too large a base", {}, { base: new Uint8Array(2_097_153) }, { code: "limit_exceeded" }],
    [
      "a stream that is too long",
      { start: Number.MAX_SAFE_INTEGER - 3 },
      { appended: bytes(4) },
      { code: "limit_exceeded" },
    ],
  ])("refuses %s", (_, before, change, error) => {
    expect(() => patchContent(part(before), patch(change))).toThrow(expect.objectContaining(error));
  });

  it("has one digest of base and bytes, one behind the other", () => {
    const one = part({ base: bytes(9, 8) });
    expect([one.size, one.crc32()]).toEqual([5, crc32(bytes(9, 8, 1, 2, 3))]);
  });

  it("a run of appends and trims composes to what is left of it", () => {
    const state = holding({ id: "b", kind: "bytes", bytes: bytes(1, 2, 3) });
    const composition = new Composition();
    let end = state;
    for (let i = 0; i < 1000; i++) {
      const length = held(end).content.length;
      const one = patch({
        appended: new Uint8Array(100).fill(i),
        trimmed: Math.max(0, length - 50),
      });
      const next = frame(
        end,
        one,
        ...(i % 10 ? [] : [patch({ base: new Uint8Array(30).fill(i) })]),
      );
      composition.add(next.changes);
      end = apply(end, next);
    }
    const [change] = composition.changes(end);
    const parts = (change?.type === "message_patch" && change.parts) || [];
    expect(parts).toMatchObject([{ trimmed: 3, base: { length: 30 } }]);
    expect((parts[0] as BytesPatch).appended).toHaveLength(150);
    const applied = apply(state, {
      ...frame(state),
      to: end.seq,
      changes: composition.changes(end),
    });
    expect(plain(applied)).toEqual(plain(end));
  });

  it("any run of changes composes to one with the same result, and nothing that is gone", () => {
    const change = fc.record({
      appended: fc.uint8Array({ maxLength: 8 }),
      trims: fc.nat({ max: 12 }),
      skipped: fc.constantFrom(0, 0, 1, 70),
      base: fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (list) => {
        const first = holding({ id: "b", kind: "bytes", bytes: bytes(1, 2, 3), start: 5 });
        let end = first;
        const composition = new Composition();
        for (const { appended, trims, skipped, base } of list) {
          const { length } = held(end).content;
          const trimmed = skipped > 0 ? length : Math.min(trims, length + appended.length);
          const rest = { ...(base && { base }), ...(skipped > 0 && { skipped }) };
          const next = frame(end, patch({ appended, trimmed, ...rest }));
          composition.add(next.changes);
          end = apply(end, next);
          for (const result of [undefined, end]) {
            const changes = composition.changes(result);
            const composed = { ...frame(first), to: end.seq, changes };
            expect(plain(apply(first, composed))).toEqual(plain(end));
            if (!result) continue;
            const [only] = changes.flatMap((one) =>
              one.type === "message_patch" ? (one.parts ?? []) : [],
            );
            const sent = only?.type === "bytes_patch" ? only.appended.length : 0;
            expect(sent).toBeLessThanOrEqual(held(end).content.length);
          }
        }
      }),
    );
  });

  it("is stated anew where no patch leads: back in its stream, or to another one", () => {
    const a = holding({ id: "b", kind: "bytes", bytes: bytes(1, 1, 1), start: 4 });
    for (const other of [{ start: 3 }, { bytes: bytes(1, 1) }, { bytes: bytes(1, 1, 4, 5) }]) {
      const content = {
        id: "b",
        kind: "bytes",
        bytes: bytes(1, 1, 1),
        start: 4,
        ...other,
      } as const;
      const b = holding(content);
      const changes = diff("c", a, b).changes;
      expect(changes).toMatchObject([
        { parts: [{ type: "part_removed" }, { type: "part_inserted", content }] },
      ]);
      expect(plain(apply(a, { ...frame(a), changes }))).toMatchObject({
        messages: b.messages.map((message) => message.snapshot()),
      });
    }
  });

  it("says only what is new, where both are of one stream", () => {
    const contents = fc.record({ cut: fc.nat({ max: 20 }), more: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), contents, contents, (stream, one, two) => {
        const [s, t] = [one.cut, one.cut + two.cut].map((n) => Math.min(n, stream.length));
        const [e, f] = [one.more, one.more + two.more].map((n) => Math.min(n, stream.length));
        const [start = 0, later = 0, end = 0, last = 0] = [s, t, e, f];
        const a = holding({
          id: "b",
          kind: "bytes",
          bytes: stream.slice(start, Math.max(start, end)),
          start,
        });
        const b = holding({
          id: "b",
          kind: "bytes",
          bytes: stream.slice(later, Math.max(later, last)),
          start: later,
        });
        const { changes } = diff("c", a, b);
        expect(plain(apply(a, { ...frame(a), to: a.seq, changes }))).toEqual(plain(b));
        const sent = changes.flatMap((change) =>
          change.type === "message_patch" ? (change.parts ?? []) : [],
        );
        for (const change of sent) {
          const known = Math.max(start, end);
          const news = Math.max(later, last) - Math.max(known, later);
          expect(change).toMatchObject({
            type: "bytes_patch",
            appended: { length: Math.max(0, news) },
          });
        }
      }),
    );
  });

  it("goes in chunks of a snapshot, its base with the first", () => {
    const content = {
      id: "b",
      kind: "bytes",
      bytes: Uint8Array.from({ length: 100 }, (_, i) => i),
      start: 7,
      base: new Uint8Array(40).fill(1),
    } as const;
    const state = holding({ id: "t", kind: "text", text: "x" }, content);
    const frames = [...snapshotFrames("c", state, 1, 16)];
    expect(frames.length).toBeGreaterThan(5);
    const assembly = new SnapshotAssembly();
    const [made] = frames.flatMap((chunk) => assembly.add(chunk) ?? []);
    expect(plain(made as ChannelState)).toEqual(plain(state));
    const bases = frames.flatMap(({ messages }) => messages[0]?.parts ?? []);
    expect(bases.filter((piece) => "base" in piece)).toHaveLength(1);
  });

  it("lets go of memory that it does not use any more", () => {
    let { content } = part({ bytes: new Uint8Array(1 << 20) });
    for (let i = 0; i < 100; i++) content = content.append(bytes(i)).trim(i === 0 ? 1 << 20 : 1);
    expect(content.view().buffer.byteLength).toBeLessThan(8192);
  });
});
