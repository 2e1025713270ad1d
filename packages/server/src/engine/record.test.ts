import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { MessagePack } from "@deltawire/protocol";
import { type Change, DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCount, anyEntry, anyNumber } from "../testing/any-entry.js";
import { STORED_ENTRIES, STORED_SNAPSHOT } from "../testing/stored-entries.js";
import type { Entry } from "./entry.js";
import { decodeRecord, decodeSnapshot, encodeRecord, encodeSnapshot, FORMAT } from "./record.js";

/** What servers of format 1 have stored, in hexadecimal: logs are full of it. */
const fixture = new URL("./fixtures/format-1.json", import.meta.url);
const stored: Readonly<Record<string, string>> = JSON.parse(readFileSync(fixture, "utf8"));
const bytes = (hex: string | undefined) => new Uint8Array(Buffer.from(hex ?? "", "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

const record = (...entries: Entry[]) => ({ at: 1_790_000_000_000, seq: 9, entries });

function thrownBy(run: () => unknown): DeltawireError {
  try {
    run();
  } catch (error) {
    if (error instanceof DeltawireError) return error;
    throw error;
  }
  throw new TypeError("nothing was thrown");
}

describe("format 1", () => {
  test("is what this server writes; another one needs fixtures of its own", () => {
    expect(FORMAT).toBe(1);
    expect(Object.keys(stored)).toEqual([...Object.keys(STORED_ENTRIES), "snapshot"]);
  });

  test.each(Object.entries(STORED_ENTRIES))("is written and read as ever: %s", (name, entry) => {
    expect(hex(encodeRecord(record(entry)))).toBe(stored[name]);
    expect(decodeRecord(bytes(stored[name]), "c")).toStrictEqual(record(entry));
  });

  test("is written and read as ever: snapshot", () => {
    expect(hex(encodeSnapshot(STORED_SNAPSHOT))).toBe(stored.snapshot);
    expect(decodeSnapshot(bytes(stored.snapshot), "c")).toStrictEqual(STORED_SNAPSHOT);
  });

  test("takes 29 bytes beside the text and the ids of an append", () => {
    const text = "four";
    const splices = [{ changed_offset: 100_000, removed: 0, text }];
    const parts = [{ type: "text_splice", part: "p", splices }] as const;
    const changes: readonly Change[] = [{ type: "message_patch", id: "m", parts }];
    const data = encodeRecord(record({ type: "appended", producer: "q", seq: 1000, changes }));
    expect(data.length - text.length - "pmq".length).toBe(29);
  });
});

describe("what comes back", () => {
  test("L8: is what went in: every text, bytes, large numbers, and nothing for what is absent", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 4 }), anyNumber, anyCount, (entries, at, seq) => {
        const decoded = decodeRecord(encodeRecord({ at, seq, entries }), "c");
        // Some objects of fast-check have no prototype, some a member that is called `constructor`.
        deepStrictEqual(decoded, structuredClone({ at, seq, entries }));
      }),
      { numRuns: 500 },
    );
  });

  const splices = [{ changed_offset: 0, removed: 0, text: "x" }];
  const append = { type: "text_splice", part: "t", splices } as const;
  const patch = { type: "message_patch", id: "m", parts: [append] } as const;
  const appended = { type: "appended", producer: "p", seq: 1, changes: [patch] } as const;

  test.each<[string, Entry]>([
    ["a refusal", { ...appended, refused: [{ message: "n", code: "not_owner", count: 1 }] }],
    ["what is stale", { ...appended, stale: [] }],
    ["another change", { ...appended, changes: [patch, { type: "message_removed", id: "n" }] }],
    ["a status", { ...appended, changes: [{ ...patch, status: "streaming" }] }],
    ["an origin", { ...appended, changes: [{ ...patch, origin: "q" }] }],
    ["attributes", { ...appended, changes: [{ ...patch, attributes: [] }] }],
    ["another part", { ...appended, changes: [{ ...patch, parts: [append, append] }] }],
    [
      "another place",
      {
        ...appended,
        changes: [{ ...patch, parts: [{ ...append, splices: [...splices, ...splices] }] }],
      },
    ],
  ])("is whole where an append comes with more: %s", (_what, entry) => {
    expect(decodeRecord(encodeRecord(record(entry)), "c")).toStrictEqual(record(entry));
  });

  test("has memory of its own: a log may use its bytes again", () => {
    const data = encodeRecord(record(STORED_ENTRIES.begun as Entry));
    const decoded = decodeRecord(data, "c");
    data.fill(0);
    expect(decoded).toStrictEqual(record(STORED_ENTRIES.begun as Entry));
  });
});

describe("a newer format", () => {
  const pack = (...values: unknown[]) => MessagePack.pack(values);
  const kept = { type: "kept", server: "a", more: 1 };
  const news = [{ type: "news" }, [77, "x"]];

  test("that this server can read is read, but for what is new", () => {
    const data = pack(2, 1, 5, 9, [...news, kept], "more");
    expect(decodeRecord(data, "c")).toStrictEqual({
      at: 5,
      seq: 9,
      entries: [{ type: "kept", server: "a" }],
    });
    const snapshot = pack(2, 1, { ...STORED_SNAPSHOT, news });
    expect(decodeSnapshot(snapshot, "c")).toStrictEqual(STORED_SNAPSHOT);
  });

  test.each([
    ["record", () => decodeRecord(pack(3, 2, "whatever"), "c")],
    ["snapshot", () => decodeSnapshot(pack(3, 2, "whatever"), "c")],
  ])("that it must not read says that this server has to be updated: %s", (what, read) => {
    expect(thrownBy(read)).toMatchObject({
      code: "unsupported_version",
      channel: "c",
      message: `this server is older than the log's ${what} of c: update it`,
    });
  });

  test.each(news)("is not what this one may hold: %s", (entry) => {
    expect(thrownBy(() => decodeRecord(pack(1, 1, 5, 9, [entry]), "c"))).toMatchObject({
      code: "malformed",
      path: "/4/0/type",
    });
  });
});

describe("what no server has written", () => {
  const pack = (...entries: unknown[]) => MessagePack.pack([1, 1, 5, 9, entries]);
  const patch = { type: "message_patch", id: "m" };
  const appended = { type: "appended", producer: "p", seq: 1, changes: [patch] };

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "#byte=0"],
    ["half of it", bytes(stored.begun).subarray(0, 100), "#byte="],
    ["an object", MessagePack.pack({}), ""],
    ["no version", MessagePack.pack(["1", 1]), "/0"],
    ["no versions", MessagePack.pack([]), "/1"],
    ["no time", MessagePack.pack([1, 1, null, 9, []]), "/2"],
    ["no entries", MessagePack.pack([1, 1, 5, 9]), "/4"],
    ["a number as an entry", pack(1), "/4/0"],
    ["an entry without a type", pack({}), "/4/0/type"],
    ["an entry of a type that objects have", pack({ type: "constructor" }), "/4/0/type"],
    ["a producer without a name", pack({ ...appended, producer: "" }), "/4/0/producer"],
    ["a long name", pack({ ...appended, producer: "p".repeat(257) }), "/4/0/producer"],
    ["a version below 0", pack({ ...appended, seq: -1 }), "/4/0/seq"],
    ["an unknown change", pack({ ...appended, changes: [{ type: "x" }] }), "/4/0/changes/0/type"],
    [
      "a forbidden key",
      pack(STORED_ENTRIES.kept, {
        ...appended,
        changes: [
          patch,
          { ...patch, attributes: [{ op: "add", path: "", value: JSON.parse('{"__proto__":1}') }] },
        ],
      }),
      "/4/1/changes/1/attributes/0/value/__proto__",
    ],
    ["a short append without its text", pack([0, "p", 1, "m", "t", 0, 0]), "/4/0/7"],
    [
      "a short append with an offset that is none",
      pack([0, "p", 1, "m", "t", 0.5, 0, ""]),
      "/4/0/5",
    ],
    [
      "a frame of another type",
      pack({ type: "asked", frame: { type: "ping" }, now: 0 }),
      "/4/0/frame",
    ],
  ])("%s is malformed, at a place", (_what, data, path) => {
    const error = thrownBy(() => decodeRecord(data, "c"));
    expect(error).toMatchObject({ code: "malformed", channel: "c" });
    expect(error.path).toMatch(new RegExp(`^${path}`));
  });

  test("a message of a snapshot that is none is malformed, at its place", () => {
    const messages = [{ id: "m", generation: 0, role: 1 }];
    const channel = { ...STORED_SNAPSHOT.channel, messages };
    const data = MessagePack.pack([1, 1, { ...STORED_SNAPSHOT, channel }]);
    expect(thrownBy(() => decodeSnapshot(data, "c"))).toMatchObject({
      code: "malformed",
      channel: "c",
      path: "/2/channel/messages/0/role",
    });
  });

  test("any bytes are read, or are a typed error", () => {
    const valid = fc.constantFrom(...Object.values(stored).map(bytes));
    const damaged = fc.tuple(valid, fc.nat(), fc.nat(255)).map(([data, at, byte]) => {
      const copy = data.slice();
      copy[at % copy.length] = byte;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array()), (data) => {
        for (const read of [decodeRecord, decodeSnapshot]) {
          try {
            read(data, "c");
          } catch (error) {
            expect(error).toBeInstanceOf(DeltawireError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
