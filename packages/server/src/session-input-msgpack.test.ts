import type { Wire } from "@deltawire/protocol";
import { encode as pack } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { type Case, expectRefused, startHostile } from "./testing/hostile.js";

describe("MessagePack", () => {
  const selectMine = pack([3, 0, "mine"]);
  const produced = [selectMine, pack({ type: "produce", producer: "p" })];
  const begun = [
    ...produced,
    pack([0, 1, [0, "m", 0, "r", null, null, null, [["text", 0, "Hi", 0]]]]),
  ];
  const weird = { toString: 1, valueOf: 1 };
  const nested = new Uint8Array(10_000).fill(0x91);

  test.each<readonly [...Case, before: Wire[]]>([
    ["text", "hello", "malformed", "", []],
    ["nothing", new Uint8Array(), "malformed", "", []],
    ["a byte that is reserved", new Uint8Array([0xc9, 1, 1, 0]), "malformed", "#byte=0", []],
    ["truncated", pack({ type: "ping", id: 300 }).slice(0, -1), "malformed", "#byte=15", []],
    [
      "more than one value",
      new Uint8Array([...pack({ type: "ping" }), 1]),
      "malformed",
      "#byte=11",
      [],
    ],
    [
      "a length that nothing can hold",
      new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]),
      "malformed",
      "#byte=5",
      [selectMine],
    ],
    ["10,000-deep nesting", nested, "limit_exceeded", "#byte=81", [selectMine]],
    [
      "a key __proto__",
      pack([0, 1, [3, [0, "/a", JSON.parse('{"__proto__":1}')]]]),
      "forbidden_key",
      "/changes/0/attributes/0/value/__proto__",
      produced,
    ],
    [
      "ill-formed UTF-8",
      new Uint8Array([0x81, 0xa4, ...Buffer.from("type"), 0xa1, 0xff]),
      "ill_formed_text",
      "#byte=7",
      [],
    ],
    ["an unknown frame", pack({ type: "nope" }), "unknown_frame", "/type", []],
    ["a type that is no text", pack({ type: weird }), "malformed", "/type", []],
    [
      "changes as a map",
      pack({ type: "changes", channel: "c", from: 0, to: 1, changes: [] }),
      "malformed",
      "/type",
      [selectMine],
    ],
    ["no channel selected", pack({ type: "subscribe", request: 1 }), "unexpected_frame", "", []],
    ["an append, no channel selected", new Uint8Array([1, 0x61]), "unexpected_frame", "", []],
    ["select of a number that is not bound", pack([3, 5]), "unexpected_frame", "", [selectMine]],
    ["select of too large a number", pack([3, 1024, "x"]), "limit_exceeded", "/1", []],
    ["select of no number", pack([3, "x"]), "malformed", "/1", []],
    ["select of an odd number", pack([3, weird, "x"]), "malformed", "/1", []],
    ["select without a name", pack([3, 0, ""]), "malformed", "/2", []],
    ["an unknown array", pack([6, 1]), "unknown_frame", "/0", produced],
    ["an odd array", pack([weird, 1]), "malformed", "/0", produced],
    ["an odd tuple", pack([0, 1, [weird, 1]]), "malformed", "", produced],
    [
      "an odd id",
      pack([0, 1, [0, weird, 0, "r", null, null, null, [["text", 0, "", 0]]]]),
      "malformed",
      "",
      produced,
    ],
    [
      "an odd part",
      pack([0, 1, [0, "m", 0, "r", null, null, null, [[weird, 0, weird, 0]]]]),
      "malformed",
      "",
      produced,
    ],
    [
      "an odd kind",
      pack([0, 1, [0, "m", 0, "r", null, null, null, [["t", weird, "", 0]]]]),
      "malformed",
      "",
      produced,
    ],
    [
      "an odd splice",
      pack([0, 2, [5, 0, 0, weird, weird]]),
      "malformed",
      "/changes/0/parts/0/splices/0/removed",
      begun,
    ],
    [
      "an odd append",
      pack([0, 2, [12, 0, weird]]),
      "malformed",
      "/changes/0/parts/0/splices/0/text",
      begun,
    ],
    ["an odd digest", pack([0, 2, [1, "m", 2, null, [weird, 0, 0]]]), "malformed", "", begun],
    [
      "an odd catch-up",
      pack([1, 1, 2, null, [[weird], [[weird, weird, weird, 0]], weird], []]),
      "malformed",
      "",
      begun,
    ],
    ["no text under the cursor", new Uint8Array([2, 0x61]), "malformed", "", begun],
    ["an ordinal that is not there", new Uint8Array([0xc1, 2, 9, 0x61]), "malformed", "", begun],
    [
      "an ordinal without end",
      new Uint8Array([0xc1, 2, ...new Array(40).fill(0x80)]),
      "malformed",
      "#byte=7",
      begun,
    ],
    [
      "an append that is not UTF-8",
      new Uint8Array([0xc1, 2, 0, 0xff]),
      "ill_formed_text",
      "#byte=3",
      begun,
    ],
    [
      "a surrogate in UTF-8",
      new Uint8Array([0xc1, 2, 0, 0xed, 0xa0, 0xbd]),
      "ill_formed_text",
      "#byte=3",
      begun,
    ],
    [
      "an offset past the end",
      pack([0, 2, [5, 0, 3, 0, "x"]]),
      "offset_out_of_range",
      "/changes/0/parts/0/splices/0/changed_offset",
      begun,
    ],
    [
      "a part of another kind",
      pack([0, 2, [7, 0, 0, new Uint8Array(1)]]),
      "wrong_part_kind",
      "/changes/0/parts/0",
      begun,
    ],
  ])("%s", (what, message, code, path, before) => {
    expectRefused("msgpack", [what, message, code, path], ...before);
  });

  test("truncated anywhere: a typed error each time, and then it begins again", () => {
    const whole = begun.at(-1) as Uint8Array;
    for (let length = 1; length < whole.length; length++) {
      const { server, client, expectAllWell } = startHostile("msgpack");
      for (const message of produced) client.up.send(message);
      client.take();
      client.up.send(whole.slice(0, length));
      expect(client.take()).toMatchObject([{ type: "error", code: "malformed" }]);
      client.up.send(whole); // the codec has lost its place: a gap, and nothing is guessed
      expect(client.take()).toMatchObject([{ type: "error", code: "gap" }]);
      for (const message of begun) client.up.send(message);
      expect(server.channel("mine").state.message("m")?.text).toBe("Hi");
      expectAllWell(client);
    }
  });
});
