import { ChannelState, Message } from "@deltawire/protocol";
import type { Change, ErrorCode, MessageSnapshot } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, completed, removed, splice, textPart } from "../testing/changes.js";
import { type Author, admit } from "./admission.js";

const message = (id: string, more: Partial<MessageSnapshot> = {}): Message =>
  Message.of({
    id,
    generation: 1,
    role: "r",
    origin: "me",
    status: "streaming",
    parts: [textPart("Hello")],
    ...more,
  });

const channel = ChannelState.of("e", {
  seq: 7,
  messages: [
    message("mine"),
    message("final", { status: "completed" }),
    message("theirs", { origin: "you" }),
    message("theirs-later", { origin: "later" }),
    message("theirs-final", { origin: "later", status: "failed" }),
    message("paused", { status: "interrupted" }),
  ],
});

const me: Author = {
  producer: "me",
  isOutrankedBy: (owner) => owner === "later",
  tombstones: new Map([["gone", 3]]),
};

const patch = (id: string): Change => append(id, 5, "!");
const digest = { part: "text", length: 5, crc32: 0xf7d18982 };
const complete = (id: string): Change => completed(id, digest);

const one = { generation: 1 };
const ended = { status: "completed" } as const;
const again = added("final", "Hello", { ...one, ...ended });

const cases: [what: string, change: Change, code: ErrorCode | "taken" | "no-op"][] = [
  ["a patch of my own", patch("mine"), "taken"],
  ["completing my own", complete("mine"), "taken"],
  ["removing my own", removed("mine"), "taken"],
  ["a patch of one that is interrupted", patch("paused"), "taken"],
  ["a new message", added("new"), "taken"],

  ["a patch of a final one", patch("final"), "message_final"],
  ["a patch of another's final one", patch("theirs-final"), "message_final"],
  ["stating a final one again", added("final", "x", { generation: 1 }), "message_final"],
  ["stating a final one in the next generation", added("final", "x", { generation: 2 }), "taken"],
  ["reopening another's final one", added("theirs-final", "x", { generation: 2 }), "taken"],
  ["completing a final one", complete("final"), "no-op"],
  ["an event", added("e", "x", { status: "completed" }), "taken"],
  ["the end of my own with its content", added("mine", "Hello", { ...one, ...ended }), "taken"],
  ["stating a final one again as it is", added("final", "Hello", { ...one, ...ended }), "no-op"],
  ["stating it with another text", added("final", "x", { ...one, ...ended }), "message_final"],
  [
    "stating it with a part more",
    { ...again, parts: [...again.parts, textPart("", "t")] },
    "message_final",
  ],
  ["stating it with another status", { ...again, status: "failed" }, "message_final"],
  ["stating it with a kind", { ...again, kind: "k" }, "message_final"],
  [
    "stating another's final one as it is",
    added("theirs-final", "Hello", { ...one, status: "failed" }),
    "message_final",
  ],
  [
    "ending a final one otherwise",
    { ...complete("final"), status: "cancelled" } as Change,
    "message_final",
  ],
  ["completing another's final one", complete("theirs-final"), "message_final"],
  ["removing a final one", removed("final"), "taken"],

  ["a patch of another's", patch("theirs"), "not_owner"],
  ["completing another's", complete("theirs"), "not_owner"],
  ["removing another's", removed("theirs"), "not_owner"],
  ["removing another's final one", removed("theirs-final"), "not_owner"],
  ["taking over one of an earlier producer", added("theirs", "x", { generation: 1 }), "taken"],
  ["taking over one of a later producer", added("theirs-later", "x"), "stale_generation"],
  ["the same, same generation", added("theirs-later", "x", { generation: 1 }), "not_owner"],
  ["the same, next generation", added("theirs-later", "x", { generation: 2 }), "not_owner"],

  ["stating an open one in an older generation", added("mine", "x"), "stale_generation"],
  ["stating a final one in an older generation", added("final", "x"), "stale_generation"],
  ["stating my own in the next generation", added("mine", "x", { generation: 2 }), "taken"],

  ["a patch of a removed one", patch("gone"), "message_removed"],
  ["completing a removed one", complete("gone"), "message_removed"],
  ["removing a removed one", removed("gone"), "no-op"],
  ["stating a removed one", added("gone", "x", { generation: 3 }), "message_removed"],
  ["a removed one, next generation", added("gone", "x", { generation: 4 }), "taken"],
  ["removing what never was", removed("nothing"), "no-op"],
];

test.each(cases)("%s: %#", (_what, change, expected) => {
  const { changes, refused, state } = admit(channel, [change], me);
  const id = "id" in change ? change.id : "";
  const code = expected === "taken" || expected === "no-op" ? undefined : expected;
  expect(refused).toEqual(code ? [{ message: id, code, count: 1 }] : []);
  expect(changes).toHaveLength(expected === "taken" ? 1 : 0);
  if (expected !== "taken") expect(state).toBe(channel);
  expect(state.seq).toBe(7); // the engine gives it its version
});

test("what follows a statement of an older generation is of another text, and refused", () => {
  const changes = [added("final", "x"), splice("final", 0, 0, "y"), removed("final")];
  const { refused, stale, changes: taken } = admit(channel, changes, me);
  expect(refused).toEqual([{ message: "final", code: "stale_generation", count: 3 }]);
  expect(taken).toEqual([]);
  expect(admit(channel, [removed("final")], { ...me, stale }).changes).toEqual([]);
  const anew = admit(channel, [added("final", "x", { generation: 2 })], { ...me, stale });
  expect(anew.stale.size).toBe(0);
});

test("refusals are counted by message and reason, and the rest is taken, in its order", () => {
  const changes = [
    patch("final"),
    patch("mine"),
    patch("theirs"),
    patch("final"),
    added("final", "x", { generation: 0 }),
    append("mine", 6, "?"),
  ];
  const result = admit(channel, changes, me);
  expect(result.refused).toEqual([
    { message: "final", code: "message_final", count: 2 },
    { message: "theirs", code: "not_owner", count: 1 },
    { message: "final", code: "stale_generation", count: 1 },
  ]);
  expect(result.changes).toEqual([changes[1], changes[5]]);
  expect(result.state.message("mine")?.text).toBe("Hello!?");
});

describe("a message that is stated anew", () => {
  const state = (change: Change, before = channel) => admit(before, [change], me);
  const restated = (more: Parameters<typeof added>[2]) =>
    state(added("mine", "Hello", { generation: 1, ...more }));

  test("becomes the patch that leads to it", () => {
    const { changes } = restated({ parts: [textPart("Hello world")] });
    expect(changes).toEqual([append("mine", 5, " world")]);
  });

  test("is nothing where nothing differs", () => {
    expect(restated({}).changes).toEqual([]);
  });

  test("patches everything that it may state", () => {
    const { changes, state } = restated({
      attributes: { model: "m" },
      parts: [textPart("Hello"), { id: "call", kind: "json", value: { n: 1 } }],
    });
    expect(changes.map(({ type }) => type)).toEqual(["message_patch"]);
    expect(state.message("mine")?.attributes).toEqual({ model: "m" });
    expect(state.message("mine")?.parts.map(({ id }) => id)).toEqual(["text", "call"]);
  });

  test("turns one that was interrupted back to streaming", () => {
    const { changes } = state(added("paused", "Hello", { generation: 1 }));
    expect(changes).toEqual([{ type: "message_patch", id: "paused", status: "streaming" }]);
  });

  test("takes it over: the owner is named, and nothing else where nothing else differs", () => {
    const { changes, state: next } = state(added("theirs", "Hello", { generation: 1 }));
    expect(changes).toEqual([{ type: "message_patch", id: "theirs", origin: "me" }]);
    expect(next.message("theirs")?.origin).toBe("me");
  });

  test("is stated whole where its head differs, which no patch can say", () => {
    const { changes } = restated({ role: "other" });
    expect(changes).toMatchObject([{ type: "message_added", role: "other", origin: "me" }]);
  });

  test("is held to the rules of a message that is stated", () => {
    const parts = [textPart("a"), textPart("b")];
    expect(() => restated({ parts })).toThrowError(
      expect.objectContaining({ code: "part_exists", path: "/changes/0/parts" }),
    );
  });
});

test("the origin is never what a producer says it is", () => {
  const changes = [
    added("new", "x", { origin: "you" }),
    { ...patch("mine"), origin: "you" } as Change,
    { type: "message_patch", id: "mine", status: "interrupted", origin: "you" } as const,
  ];
  const { state } = admit(channel, changes, me);
  expect(state.message("new")?.origin).toBe("me");
  expect(state.message("mine")?.origin).toBe("me");
});

test("a change that does not apply stops all of them, and is named by its place", () => {
  const before = channel.message("mine");
  const changes = [patch("final"), patch("mine"), splice("mine", 9, 4, "x")];
  expect(() => admit(channel, changes, me)).toThrowError(
    expect.objectContaining({
      code: "offset_out_of_range",
      path: "/changes/2/parts/0/splices/0/changed_offset",
    }),
  );
  expect(channel.message("mine")).toBe(before);
});

test("a message that one frame removes is removed for the rest of it", () => {
  const changes = [removed("mine"), patch("mine"), added("mine", "x", { generation: 1 })];
  const result = admit(channel, changes, me);
  expect(result.refused).toEqual([{ message: "mine", code: "message_removed", count: 2 }]);
  expect(result.changes).toEqual([removed("mine")]);
  expect(result.removed).toEqual(new Map([["mine", 1]]));
});

test("nothing is taken by a channel that has ended", () => {
  const ended = channel.with({ closed: {} });
  for (const change of [patch("mine"), added("new")]) {
    expect(() => admit(ended, [change], me)).toThrowError(
      expect.objectContaining({ code: "channel_closed", path: "/changes/0" }),
    );
  }
});
