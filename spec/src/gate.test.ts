import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltawireError, ERROR_CODES } from "./errors.js";
import type { FrameType } from "./frames.js";
import { parseDownward, parseFrame } from "./gate.js";
import { LIMITS } from "./limits.js";
import { anyFrame, FRAME_SHAPES, FRAME_TYPES, mutate, mutations } from "./testing.js";

/** The error that the gate throws; anything but a DeltawireError fails the test. */
function refusal(value: unknown, form: "bin" | "base64" = "bin"): DeltawireError {
  try {
    parseFrame(value, form);
  } catch (error) {
    if (error instanceof DeltawireError) return error;
    throw error;
  }
  return expect.fail(`accepted ${JSON.stringify(value)?.slice(0, 200)}`);
}

const nested = (depth: number, leaf: unknown, wrap: (inner: unknown) => unknown): unknown =>
  depth === 0 ? leaf : wrap(nested(depth - 1, leaf, wrap));

const patchOf = (operations: unknown): unknown => ({
  type: "changes",
  channel: "c",
  from: 0,
  to: 1,
  changes: [{ type: "message_patch", id: "m", attributes: operations }],
});
const withValue = (value: unknown): unknown => patchOf([{ op: "add", path: "/a", value }]);
const AT = "/changes/0/attributes/0/value";

describe("the gate", () => {
  it.each(FRAME_TYPES)("takes every %s frame as it is", (type) => {
    fc.assert(
      fc.property(anyFrame(type), (frame) => {
        expect(parseFrame(frame, "bin")).toStrictEqual(frame);
      }),
      { numRuns: 50 },
    );
  });

  const upward: readonly FrameType[] = [
    ...(["hello", "authenticate", "subscribe", "unsubscribe", "history", "produce"] as const),
  ];

  it.each(FRAME_TYPES)("takes a %s frame at a client unless only clients send it", (type) => {
    fc.assert(
      fc.property(anyFrame(type), (frame) => {
        if (!upward.includes(type)) expect(parseDownward(frame, "bin")).toStrictEqual(frame);
        else expect(() => parseDownward(frame, "bin")).toThrow("is not known in version 1");
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["a member that is not known", { kinds: "a" }, "malformed"],
    ["too deep a one", nested(5, {}, (not) => ({ not })), "limit_exceeded"],
    ["too large a one", { id: "a".repeat(LIMITS.max_filter_size) }, "limit_exceeded"],
    ["a lone surrogate", { id: "\ud800" }, "ill_formed_text"],
  ])("says which question a filter belongs to that has %s", (_, filter, code) => {
    for (const frame of [
      { type: "subscribe", channel: "c", request: 7, filter },
      { type: "history", channel: "c", request: 7, before: "m", last: 1, filter },
    ]) {
      const error = refusal(frame);
      expect(error).toMatchObject({ code, channel: "c", request: 7 });
      expect(error.path).toMatch(/^\/filter/);
    }
    expect(refusal({ type: "subscribe", channel: 1, request: 7, filter }).request).toBeUndefined();
  });

  it.each(FRAME_TYPES)("refuses every %s frame with one wrong field, and names it", (type) => {
    const codes = new Set<string>(ERROR_CODES.correct);
    fc.assert(
      fc.property(anyFrame(type), (frame) => {
        for (const mutation of mutations(FRAME_SHAPES[type], frame)) {
          const { path, value } = mutation;
          const error = refusal(mutate(frame, mutation));
          expect(codes).toContain(error.code);
          const why = `${path} = ${JSON.stringify(value)?.slice(0, 80)}: ${error.message}`;
          // What is not an object at all has no type either.
          const places = path === "" ? ["/type"] : [path];
          if (path === "/version" && value !== undefined) places.push("/version");
          expect(
            places.some((place) => error.path?.startsWith(place)),
            why,
          ).toBe(true);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("drops unknown fields, at every depth", () => {
    const frame = patchOf([{ op: "remove", path: "/a", later: 1 }]) as object;
    const parsed = parseFrame({ ...frame, extra: { deep: [] } }, "bin");
    expect(parsed).toStrictEqual(patchOf([{ op: "remove", path: "/a" }]));
  });

  it("ignores what is inherited", () => {
    const ping = Object.assign(Object.create({ id: 1 }), { type: "ping" });
    expect(parseFrame(ping, "bin")).toStrictEqual({ type: "ping" });
    expect(refusal(Object.create({ type: "unsubscribe", channel: "c" })).code).toBe("malformed");
  });

  it.each([
    ["nothing", undefined, "malformed", "/type"],
    ["null", null, "malformed", "/type"],
    ["a string", "ping", "malformed", "/type"],
    ["a list", [{ type: "ping" }], "malformed", "/type"],
    ["bytes", new Uint8Array(3), "malformed", "/type"],
    ["an unknown type", { type: "dance" }, "unknown_frame", "/type"],
    ["the name of an inherited property", { type: "toString" }, "unknown_frame", "/type"],
    ["__proto__", { type: "__proto__" }, "unknown_frame", "/type"],
    ["another version", { type: "hello", version: 2 }, "unsupported_version", "/version"],
    ["no version", { type: "welcome", durability: "memory" }, "unsupported_version", "/version"],
    [
      "an epoch without a seq",
      { type: "subscribe", channel: "c", request: 1, epoch: "e" },
      "malformed",
      "/epoch",
    ],
    [
      "a seq without an epoch",
      { type: "subscribe", channel: "c", request: 1, seq: 0 },
      "malformed",
      "/epoch",
    ],
    [
      "changes that lead nowhere",
      { type: "changes", channel: "c", from: 3, to: 3, changes: [] },
      "malformed",
      "/to",
    ],
    [
      "changes that lead back",
      { type: "changes", channel: "c", from: 3, to: 2, changes: [] },
      "malformed",
      "/to",
    ],
  ])("refuses %s", (_, value, code, path) => {
    expect(refusal(value)).toMatchObject({ code, path });
  });

  it("bounds the depth of a value", () => {
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ a: inner })]) {
      expect(parseFrame(withValue(nested(LIMITS.max_depth, 1, wrap)), "bin")).toBeDefined();
      expect(refusal(withValue(nested(LIMITS.max_depth + 1, 1, wrap)))).toMatchObject({
        code: "limit_exceeded",
        message: expect.stringContaining("max_depth"),
        path: expect.stringMatching(new RegExp(`^${AT}(/[0a]){64}$`)),
      });
    }
    const deep = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expect(refusal(withValue(deep)).code).toBe("limit_exceeded");
    expect(refusal(deep).path).toBe("/type");
  });

  it.each([
    ["a text", (n: number) => "x".repeat(n - 8)],
    ["a list", (n: number) => [1, null, "x".repeat(n - 32)]],
    ["an object", (n: number) => ({ ab: { c: "x".repeat(n - 27) } })],
  ])("bounds the size of what a command brings: %s", (_, ofSize) => {
    const result = { type: "command_result", channel: "c", id: "1", status: "done" };
    for (const frame of [{ type: "command", channel: "c", id: "1", name: "stop" }, result]) {
      const whole = { ...frame, value: ofSize(LIMITS.max_command_size) };
      expect(parseFrame(whole, "bin")).toStrictEqual(whole);
      expect(refusal({ ...frame, value: ofSize(LIMITS.max_command_size + 1) })).toMatchObject({
        code: "limit_exceeded",
        message: expect.stringContaining("max_command_size"),
        path: "/value",
      });
    }
  });

  it.each([
    ['{"__proto__": 1}', "/__proto__"],
    ['[{"a": {"__proto__": {"polluted": true}}}]', "/0/a/__proto__"],
    ['{"constructor": {"prototype": {}}}', "/constructor/prototype"],
  ])("refuses the keys of %s", (json, path) => {
    expect(refusal(withValue(JSON.parse(json)))).toMatchObject({
      code: "forbidden_key",
      path: AT + path,
    });
    expect({}).not.toHaveProperty("polluted");
  });

  it.each(['{"constructor": {"name": "x"}}', '{"prototype": 1}', '{"constructor": ["prototype"]}'])(
    "takes the keys of %s",
    (json) => {
      const frame = withValue(JSON.parse(json));
      expect(parseFrame(frame, "bin")).toStrictEqual(frame);
    },
  );

  it("names a place that fits an error frame, however long the keys are", () => {
    for (const [value, code] of [
      [
        nested(LIMITS.max_depth + 1, 1, (inner) => ({ ["k".repeat(500)]: inner })),
        "limit_exceeded",
      ],
      [{ ["~".repeat(10_000)]: "\ud83d" }, "ill_formed_text"],
      [{ ["k".repeat(100_000)]: JSON.parse('{"__proto__": 1}') }, "forbidden_key"],
    ] as const) {
      const { path = "", message, ...error } = refusal(withValue(value));
      expect(error.code).toBe(code);
      expect(path.startsWith(AT)).toBe(true);
      expect(path.length).toBeLessThanOrEqual(LIMITS.max_path_length);
      expect(message.length).toBeLessThanOrEqual(LIMITS.max_note_length);
    }
  });

  it("takes an unknown `__proto__` field for what it is: unknown", () => {
    const ping = JSON.parse('{"type": "ping", "__proto__": {"id": 7}}');
    expect(parseFrame(ping, "bin")).toStrictEqual({ type: "ping" });
  });

  it.each([
    ["AAE=", [0, 1]],
    ["", []],
    ["////", [255, 255, 255]],
  ])("reads base64 %j", (appended, bytes) => {
    const parts = [{ type: "bytes_patch", part: "p", trimmed: 0, appended }];
    const frame = { type: "changes", channel: "c", from: 0, to: 1, changes: [] as unknown[] };
    frame.changes.push({ type: "message_patch", id: "m", parts });
    expect(parseFrame(frame, "base64")).toMatchObject({
      changes: [{ parts: [{ appended: Uint8Array.from(bytes) }] }],
    });
  });

  it.each(["AAE", "AAE=\n", " AAE=", "AAF=", "A", "AAE=AAE=", "_-__", 0, null, [0]])(
    "refuses base64 %j",
    (appended) => {
      const parts = [{ type: "bytes_patch", part: "p", trimmed: 0, appended }];
      const changes = [{ type: "message_patch", id: "m", parts }];
      const frame = { type: "changes", channel: "c", from: 0, to: 1, changes };
      expect(refusal(frame, "base64")).toMatchObject({
        code: "malformed",
        path: "/changes/0/parts/0/appended",
      });
    },
  );

  it("L3: makes 0 of -0, and keeps 0, the empty string and absent apart", () => {
    const frame = parseFrame({ type: "ping", id: -0 }, "bin");
    expect(Object.is(frame.type === "ping" && frame.id, 0)).toBe(true);
    const error = { type: "error", code: "internal", message: "", path: "" };
    expect(parseFrame(error, "bin")).toStrictEqual(error);
  });
});
