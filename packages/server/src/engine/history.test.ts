import { ChannelState, Message } from "@deltawire/protocol";
import { LIMITS } from "@deltawire/spec";
import { expect, test } from "vitest";
import { added } from "../testing/changes.js";
import { historyPage } from "./history.js";

const state = (...texts: string[]): ChannelState =>
  ChannelState.of("e", {
    seq: 7,
    messages: texts.map((text, i) => Message.of(added(`m${i}`, text))),
  });
const ask = (before: string, last: number) =>
  ({ type: "history", channel: "c", request: 3, before, last }) as const;
const ids = (page: ReturnType<typeof historyPage>) => page.messages.map(({ id }) => id);

test("gives the messages before one, at a version, and how many are before those", () => {
  const page = historyPage(state("a", "b", "c", "d"), ask("m3", 2));
  expect(page).toMatchObject({
    type: "history_page",
    channel: "c",
    request: 3,
    epoch: "e",
    seq: 7,
    earlier: 1,
  });
  expect(page.messages).toMatchObject([
    { id: "m1", status: "streaming", parts: [{ id: "text", text: "b" }] },
    { id: "m2" },
  ]);
});

test("to the first one: then nothing is before it", () => {
  expect(historyPage(state("a", "b"), ask("m1", 9))).not.toHaveProperty("earlier");
  expect(historyPage(state("a", "b"), ask("m0", 9))).toMatchObject({ messages: [] });
});

test("one at least, also where none was asked for or it is large", () => {
  const large = "x".repeat(1 << 19);
  expect(ids(historyPage(state("a", large, "c"), ask("m2", 0)))).toEqual(["m1"]);
  expect(ids(historyPage(state("a", large, "c"), ask("m2", 9)))).toEqual(["m1"]);
});

test("as many as fit a page", () => {
  const page = historyPage(state(...Array(20).fill("x".repeat(100_000))), ask("m19", 100));
  expect(ids(page)).toEqual(["m17", "m18"]);
  expect(page.earlier).toBe(17);
});

test("none of a message that is not there, and none that no frame carries", () => {
  const error = (code: string) => expect.objectContaining({ code });
  expect(() => historyPage(state("a"), ask("x", 1))).toThrow(error("unknown_message"));
  const most = "x".repeat(LIMITS.max_frame_bytes);
  expect(() => historyPage(state(most, "b"), ask("m1", 1))).toThrow(error("limit_exceeded"));
});
