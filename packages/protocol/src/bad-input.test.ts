import { type Frame, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { createCodec } from "./codec.js";
import { pack } from "./msgpack-codec.js";
import { bytes, refusal, selected } from "./testing/refusal.js";
import type { Codec, Wire } from "./wire.js";

const { json, msgpack } = SUBPROTOCOLS;
const nested = (depth: number, open: string, close: string): string =>
  `{"type":"snapshot","channel":"c","request":1,"epoch":"e","seq":0,"messages":[],"attributes":${open.repeat(depth)}1${close.repeat(depth)}}`;

const patched = (operation: string): string =>
  `{"type":"changes","channel":"c","from":0,"to":1,"changes":[{"type":"channel_patch","attributes":[${operation}]}]}`;

describe("the JSON codec", () => {
  it.each<readonly [string, Wire, string, string]>([
    ["bytes", bytes(0x80), "malformed", ""],
    ["nothing", "", "malformed", ""],
    ["no JSON", "{", "malformed", ""],
    ["no JSON with a lone half", "{\ud83d", "malformed", ""],
    ["a list", "[]", "malformed", "/type"],
    ["another version", '{"type":"hello","version":2}', "unsupported_version", "/version"],
    ["an unknown frame", '{"type":"dance","channel":"c"}', "unknown_frame", "/type"],
    [
      "10,000 objects",
      nested(10_000, '{"a":', "}"),
      "limit_exceeded",
      `/attributes${"/a".repeat(64)}`,
    ],
    ["10,000 lists", nested(10_000, "[", "]"), "malformed", "/attributes"],
    ["__proto__", nested(1, '{"__proto__":', "}"), "forbidden_key", "/attributes/__proto__"],
    [
      "an infinite number",
      patched('{"op":"add","path":"","value":1e999}'),
      "malformed",
      "/changes/0/attributes/0/value",
    ],
    [
      "a lone half",
      patched('{"op":"add","path":"","value":"\\ud83d"}'),
      "ill_formed_text",
      "/changes/0/attributes/0/value",
    ],
    [
      "halves in the wrong order",
      patched('{"op":"add","path":"","value":["\\ude00\\ud83d"]}'),
      "ill_formed_text",
      "/changes/0/attributes/0/value/0",
    ],
    [
      "a lone half in a key",
      patched('{"op":"add","path":"","value":{"\\ud83d":1}}'),
      "ill_formed_text",
      "/changes/0/attributes/0/value",
    ],
  ])("refuses %s", (_, message, code, path) => {
    expect(refusal(() => createCodec(json).decode(message))).toMatchObject({ code, path });
  });

  it("refuses a message past max_frame_bytes", () => {
    const message = `"${"x".repeat(LIMITS.max_frame_bytes)}"`;
    const error = refusal(() => createCodec(json).decode(message));
    expect(error).toMatchObject({ code: "limit_exceeded", path: "" });
    expect(error?.message).toContain("max_frame_bytes");
  });
});

describe("the MessagePack codec", () => {
  const proto = encode(["__proto__"]).subarray(1);
  it.each<readonly [string, Wire, string, string]>([
    ["text", "{}", "malformed", ""],
    ["nothing", bytes(), "malformed", ""],
    ["a text value", bytes(0xa1, "a"), "malformed", "#byte=0"],
    ["a reserved first byte", bytes(0xd4, 1, 2), "malformed", "#byte=0"],
    ["bytes", bytes(0xc4, 1, 2), "malformed", "#byte=0"],
    ["a negative number", bytes(0xff), "malformed", "#byte=0"],
    ["an unknown frame", pack({ type: "dance" }), "unknown_frame", "/type"],
    ["an unknown array", bytes(0x92, 9, 1), "unknown_frame", "/0"],
    ["an empty array", bytes(0x90), "malformed", "/0"],
    ["no type", bytes(0x80), "malformed", "/type"],
    ["a hostile type", pack({ type: { toString: 1, valueOf: 1 } }), "malformed", "/type"],
    ["another version", pack({ type: "hello", version: 3 }), "unsupported_version", "/version"],
    [
      "changes as a map",
      pack({ type: "changes", from: 0, to: 1, changes: [], channel: "c" }),
      "malformed",
      "/type",
    ],
    ["an append to nothing", bytes(0xc1, 1, 5, "a"), "malformed", ""],
    ["an append without an ordinal", bytes(0xc1, 1), "malformed", "#byte=2"],
    ["an endless ordinal", bytes(0xc1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "malformed", "#byte=7"],
    ["select without a number", bytes(0x92, 3, 0xc0), "malformed", "/1"],
    ["select of a fraction", pack([3, 0.5]), "malformed", "/1"],
    ["select past the bound", pack([3, 1024]), "limit_exceeded", "/1"],
    ["select of a number without a name", pack([3, 9]), "unexpected_frame", ""],
    ["select of an empty name", pack([3, 1, ""]), "malformed", "/2"],
    ["select of a long name", pack([3, 1, "x".repeat(257)]), "malformed", "/2"],
    ["select of no name", pack([3, 1, null]), "malformed", "/2"],
    [
      "a number for attributes",
      encode([2, 1, "e", 0, false, 0, null, [], null, []]),
      "malformed",
      "/attributes",
    ],
  ])("refuses %s", (_, message, code, path) => {
    expect(refusal(() => followed().decode(message))).toMatchObject({ code, path });
  });

  /** An end that has a snapshot of an empty channel. */
  function followed(): Codec {
    const codec = selected();
    codec.decode(pack([2, 1, "e", 0, false, null, null, [], null, []]));
    return codec;
  }

  it("refuses the keys that the JSON codec refuses, at the same places", () => {
    const attributes = (key: Uint8Array) =>
      bytes(
        0x9a,
        2,
        1,
        0xa1,
        "e",
        0,
        0xc2,
        0x81,
        ...key,
        0x81,
        0xa1,
        "a",
        1,
        0xc0,
        0x90,
        0xc0,
        0x90,
      );
    expect(refusal(() => selected().decode(attributes(proto)))).toMatchObject({
      code: "forbidden_key",
      path: "/attributes/__proto__",
    });
    expect(selected().decode(attributes(pack("fine")))).toMatchObject({
      attributes: { fine: { a: 1 } },
    });
    const unknown = bytes(0x83, ...pack("type"), ...pack("ping"), ...proto, 1, ...proto, 2);
    expect(selected().decode(unknown)).toEqual({ type: "ping" });
    expect({}).not.toHaveProperty("a");
  });

  it("refuses a frame before any select, but for those that need none", () => {
    const codec = createCodec(msgpack);
    for (const message of [bytes(1, "a"), pack([0, 1]), pack({ type: "unsubscribe" })]) {
      expect(refusal(() => codec.decode(message))?.code).toBe("unexpected_frame");
    }
    const ping: Frame = { type: "ping", id: 0 };
    expect(codec.decode(pack(ping))).toEqual(ping);
  });

  it("takes everything for a gap before the first snapshot", () => {
    const gap = { type: "changes", channel: "c", changes: [] };
    expect(selected().decode(bytes(1, "a"))).toMatchObject(gap);
    expect(selected().decode(bytes(0xc1, 1, 0, "a"))).toMatchObject(gap);
    expect(selected().decode(pack([0, 1, [12, 0, "a"]]))).toMatchObject(gap);
    expect(selected().decode(pack([4, 1, 0, 0, 0]))).toBeUndefined();
  });
});
