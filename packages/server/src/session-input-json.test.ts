import { type Change, LIMITS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, frame, splice } from "./testing/changes.js";
import { type Case, expectRefused, startHostile } from "./testing/hostile.js";

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const json = (value: unknown): string => JSON.stringify(value);
const changes = (...list: Change[]): string => json({ ...frame(1, ...list), channel: "mine" });
const patch = (parts: unknown): string =>
  changes({ type: "message_patch", id: "m", parts } as Change);
const operate = (operation: unknown): string =>
  patch([{ type: "json_patch", part: "data", operations: [operation] }]);

describe("JSON", () => {
  const produced = [
    json({ type: "produce", channel: "mine", producer: "p" }),
    json({
      ...frame(
        0,
        added("m", "Hello 😀", {
          parts: [
            { id: "text", kind: "text", text: "Hello 😀" },
            { id: "data", kind: "json", value: { list: [], constructor: {} } },
          ],
        }),
      ),
      channel: "mine",
    }),
  ];

  test.each<Case>([
    ["not JSON", "hello", "malformed", ""],
    ["nothing", "", "malformed", ""],
    ["half of it", '{"type":"ping"', "malformed", ""],
    ["binary", new Uint8Array([1, 2, 3]), "malformed", ""],
    ["no object", "null", "malformed", "/type"],
    ["a list", "[1]", "malformed", "/type"],
    ["no type", "{}", "malformed", "/type"],
    ["a type that is no text", '{"type":{"toString":1}}', "malformed", "/type"],
    ["an unknown frame", '{"type":"nope"}', "unknown_frame", "/type"],
    ["a type of every object", '{"type":"toString"}', "unknown_frame", "/type"],
    ["no channel", '{"type":"unsubscribe"}', "malformed", "/channel"],
    ["a channel without a name", '{"type":"unsubscribe","channel":""}', "malformed", "/channel"],
    [
      "half a version",
      '{"type":"subscribe","channel":"c","request":1,"seq":1}',
      "malformed",
      "/epoch",
    ],
    ["a number below zero", '{"type":"ping","id":-1}', "malformed", "/id"],
    ["a number past 2^53", '{"type":"ping","id":9007199254740992}', "malformed", "/id"],
    ["another version", '{"type":"hello","version":2}', "unsupported_version", "/version"],
    ["going back", json({ ...frame(1), to: 1 }), "malformed", "/to"],
    ["an unknown change", changes({ type: "nope" } as never), "malformed", "/changes/0/type"],
    [
      "too long a name",
      json({ type: "unsubscribe", channel: "x".repeat(257) }),
      "limit_exceeded",
      "/channel",
    ],
    ["too long a list", json(frame(0, ...new Array(65_537).fill(0))), "limit_exceeded", "/changes"],
    [
      "a lone surrogate",
      changes(append("m", 0, "\ud83d")),
      "ill_formed_text",
      "/changes/0/parts/0/splices/0/text",
    ],
    [
      "10,000-deep nesting",
      operate({ op: "add", path: "/list/-", value: 0 }).replace(/0}\]}\]}/, `${deep(10_000)}}]}]}`),
      "limit_exceeded",
      `/changes/0/parts/0/operations/0/value${"/0".repeat(LIMITS.max_depth)}`,
    ],
    [
      "a key __proto__",
      operate({ op: "add", path: "/list/-", value: 0 }).replace(/0}\]}\]}/, '{"__proto__":1}}]}]}'),
      "forbidden_key",
      "/changes/0/parts/0/operations/0/value/__proto__",
    ],
    [
      "bytes that are not base64",
      patch([{ type: "bytes_patch", part: "b", trimmed: 0, appended: "!" as never }]),
      "malformed",
      "/changes/0/parts/0/appended",
    ],
  ])("%s", (...bad) => expectRefused("json", bad, ...produced));

  test.each<Case>([
    [
      "an offset past the end",
      changes(append("m", 9, "x")),
      "offset_out_of_range",
      "/changes/0/parts/0/splices/0/changed_offset",
    ],
    [
      "an offset inside a pair",
      changes(append("m", 7, "x")),
      "inside_surrogate_pair",
      "/changes/0/parts/0/splices/0/changed_offset",
    ],
    ["an unknown message", changes(append("n", 0, "x")), "unknown_message", "/changes/0/id"],
    [
      "an unknown part",
      changes(splice("m", 0, 0, "x", "no")),
      "unknown_part",
      "/changes/0/parts/0/part",
    ],
    [
      "a part of another kind",
      changes(splice("m", 0, 0, "x", "data")),
      "wrong_part_kind",
      "/changes/0/parts/0",
    ],
    [
      "a path that leads nowhere",
      operate({ op: "remove", path: "/none" }),
      "path_not_found",
      "/changes/0/parts/0/operations/0/path",
    ],
    [
      "a path into __proto__",
      operate({ op: "add", path: "/__proto__/polluted", value: 1 }),
      "forbidden_key",
      "/changes/0/parts/0/operations/0/path",
    ],
    [
      "a path into constructor.prototype",
      operate({ op: "add", path: "/constructor/prototype", value: 1 }),
      "forbidden_key",
      "/changes/0/parts/0/operations/0/path",
    ],
  ])("%s", (...bad) => {
    expectRefused("json", bad, ...produced);
    expect({}).not.toHaveProperty("polluted");
  });

  test.each([
    ["max_value_size", 'add("data")', 2_097_152],
    ["max_message_size", "append", 67_108_864],
  ] as const)("operations that blow a value up: %s", (limit, how, size) => {
    const { server, client, expectAllWell } = startHostile("json");
    for (const message of produced) client.up.send(message);
    const text = "x".repeat(size / 8);
    let length = 8; // "Hello 😀"
    for (let i = 1; i < 20; i++) {
      const change =
        how === "append"
          ? append("m", length, text)
          : ({
              type: "message_patch",
              id: "m",
              parts: [
                {
                  type: "json_patch",
                  part: "data",
                  operations: [{ op: "add", path: "/list/-", value: text }],
                },
              ],
            } as const);
      client.take();
      client.send({ ...frame(i, change), channel: "mine" });
      const answer = client.take().find(({ type }) => type === "error");
      if (answer?.type === "error") {
        expect(answer).toMatchObject({ code: "limit_exceeded", channel: "mine" });
        expect(answer.message).toContain(limit);
        expect(i).toBe(8);
        const held = server.channel("mine").state.message("m")?.size ?? 0;
        expect(held).toBeGreaterThan((6 * size) / 8);
        expect(held).toBeLessThanOrEqual(size + 100);
        expectAllWell(client);
        return;
      }
      length += text.length;
    }
    expect.unreachable("nothing was refused");
  });

  test("unknown fields are ignored", () => {
    const { client, expectAllWell } = startHostile("json");
    client.up.send(json({ type: "ping", id: 4, future: deep(5), more: { __proto__: 1 } }));
    expect(client.take()).toEqual([{ type: "pong", id: 4 }]);
    expectAllWell(client);
  });

  test("an error says no more of its place than fits it", () => {
    const { client, expectAllWell } = startHostile("json");
    const key = "k".repeat(1_000_000);
    const attributes = { [key]: { __proto__x: 0 } };
    client.up.send(
      json({ ...frame(0, added("m", "", { attributes })), channel: "mine" }).replace(
        "__proto__x",
        "__proto__",
      ),
    );
    const [answer] = client.take();
    expect(answer).toMatchObject({ type: "error", code: "forbidden_key" });
    expect(answer).toHaveProperty("path", expect.stringContaining("/changes/0/attributes"));
    expect(json(answer).length).toBeLessThan(20_000);
    expectAllWell(client);
  });
});
