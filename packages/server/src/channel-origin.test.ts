import type { MessageSnapshot } from "@deltawire/spec";
import { expect, test } from "vitest";
import { ChannelOrigin } from "./channel-origin.js";
import type { Retries } from "./retries.js";
import { MemoryStore } from "./testing/memory-store.js";
import { save, whole } from "./testing/saved-channel.js";

const message = (generation: number, more: Partial<MessageSnapshot>): MessageSnapshot => ({
  id: "m",
  generation,
  role: "r",
  status: "completed",
  parts: [{ id: "text", kind: "text", text: `generation ${generation}` }],
  ...more,
});

/** What a log comes to that refers to the first generation of a message. */
async function resolved(stored: MessageSnapshot, removed: readonly string[] = []) {
  const store = new MemoryStore();
  await store.save([save(3, [whole(1, stored)])]);
  const retries = { run: (ask: () => Promise<unknown>) => ask() } as Retries; // none is needed
  const origin = new ChannelOrigin("c", {
    store,
    retries,
    randomId: () => "e",
    report: (error) => expect.fail(String(error)),
  });
  const reference = { id: "m", generation: 0, stored: true } as const;
  const channel = { epoch: "e", seq: 2, attributes: {}, messages: [reference] };
  return (await origin.resolve(channel, new Set(removed))).messages;
}

test("what a log refers to comes from the store", async () => {
  expect(await resolved(message(0, { status: "failed", error: { code: "no" } }))).toEqual([
    message(0, { status: "failed", error: { code: "no" } }),
  ]);
});

test("where the store is ahead, the log still begins the later generation", async () => {
  const open = message(1, { status: "streaming" });
  const failed = message(1, { status: "failed", error: { code: "no" } });
  for (const stored of [open, failed]) {
    expect(await resolved(stored)).toMatchObject([{ id: "m", generation: 0, status: "completed" }]);
  }
});

test("what the log goes on to remove need not be in the store any more", async () => {
  const other = { ...message(0, {}), id: "other" };
  expect(await resolved(other, ["m"])).toEqual([]);
  await expect(resolved(other)).rejects.toThrow("the store has lost 1 messages");
});
