import type { MessageSnapshot } from "@deltawire/spec";
import { expect, test } from "vitest";
import type { ChannelSave, MessageSave, Store, StoredMessage } from "../store.js";
import { MemoryStore } from "./memory-store.js";
import { storeContract } from "./store-contract.js";

/** What the contract says of a store that is wrong in some way. */
async function failures(make: () => Store, title: string): Promise<string[]> {
  const failed: string[] = [];
  const running: Promise<unknown>[] = [];
  storeContract({
    test: (name, run) => {
      if (name.includes(title)) running.push(run().catch(() => failed.push(name)));
    },
    make: async () => ({ store: make(), close: async () => undefined }),
  });
  await Promise.all(running);
  return failed;
}

/** A store that does some things in another way. */
const wrongly = (wrong: (right: MemoryStore) => Partial<Store>): Store => {
  const right = new MemoryStore();
  return {
    load: (channel) => right.load(channel),
    save: (saves) => right.save(saves),
    page: (channel, page) => right.page(channel, page),
    delete: (channel) => right.delete(channel),
    ...wrong(right),
  };
};

/** A store that is given something else to save. */
const changed = (change: (save: ChannelSave) => ChannelSave): Store =>
  wrongly((right) => ({ save: (saves) => right.save(saves.map(change)) }));

const messages = (change: (save: MessageSave) => MessageSave): Store =>
  changed((save) => ({ ...save, messages: save.messages.map(change) }));

const wholes = (change: (message: MessageSnapshot) => MessageSnapshot): Store =>
  messages((save) => (save.type === "whole" ? { ...save, message: change(save.message) } : save));

const loaded = (change: (messages: readonly StoredMessage[]) => StoredMessage[]): Store =>
  wrongly((right) => ({
    load: async (channel) => {
      const held = await right.load(channel);
      return held && { ...held, messages: change(held.messages) };
    },
  }));

const rows: readonly (readonly [string, string, () => Store])[] = [
  [
    "orders messages by their ids",
    "loads them in order",
    () => loaded((all) => [...all].sort((a, b) => (a.message.id < b.message.id ? -1 : 1))),
  ],
  [
    "has no patches",
    "what has changed since",
    () => loaded((all) => all.map((message) => ({ ...message, patches: [] }))),
  ],
  [
    "forgets a closure's reason",
    "attributes and its end",
    () => changed(({ closed, ...save }) => (closed ? { ...save, closed: {} } : save)),
  ],
  ["removes nothing", "removes messages", () => changed((save) => ({ ...save, removed: [] }))],
  [
    "takes no save twice",
    "saves once what is saved again",
    () => {
      const seen = new Set<string>();
      return wrongly((right) => ({
        save: async (saves) => {
          const key = JSON.stringify(saves);
          if (seen.has(key)) return saves.map(() => "conflict");
          seen.add(key);
          return right.save(saves);
        },
      }));
    },
  ],
  [
    "takes every version",
    "refuses a version that is passed",
    () =>
      wrongly((right) => ({
        save: async ([save, ...saves]) => {
          if (!save) return [];
          const held = await right.load(save.channel);
          return right.save([{ ...save, seq: Math.max(save.seq, held?.seq ?? 0) }, ...saves]);
        },
      })),
  ],
  [
    "takes patches that it cannot place",
    "refuses a patch to what is not there",
    () =>
      wrongly((right) => ({
        save: async (saves) => {
          await right.save(saves);
          return saves.map(() => "saved");
        },
      })),
  ],
  [
    "saves message by message",
    "wholly or not at all",
    () =>
      wrongly((right) => ({
        save: async (saves) => {
          const [save] = saves;
          for (const message of save?.messages ?? []) {
            if (save && saves.length === 1) await right.save([{ ...save, messages: [message] }]);
          }
          return right.save(saves);
        },
      })),
  ],
  [
    "saves all channels or none",
    "leaves the others alone",
    () =>
      wrongly((right) => ({
        save: async (saves) => {
          const held = await Promise.all(saves.map(({ channel }) => right.load(channel)));
          if (saves.some((save, i) => save.seq < (held[i]?.seq ?? 0))) {
            return saves.map(() => "conflict");
          }
          return right.save(saves);
        },
      })),
  ],
  [
    "puts another epoch in place of everything",
    "leaves what another epoch does not name",
    () =>
      wrongly((right) => ({
        save: async (saves) => {
          for (const { channel, epoch } of saves) {
            if ((await right.load(channel))?.epoch !== epoch) await right.delete(channel);
          }
          return right.save(saves);
        },
      })),
  ],
  [
    "knows no epochs",
    "saved in another epoch",
    () => changed((save) => ({ ...save, epoch: "one" })),
  ],
  [
    "loses NUL",
    "L8: holds NUL",
    () => wholes((message) => ({ ...message, role: message.role.replaceAll("\0", "") })),
  ],
  [
    "takes absent for empty",
    "empty, zero or absent",
    () => wholes((message) => ({ attributes: {}, ...message })),
  ],
  [
    "takes empty for absent",
    "empty, zero or absent",
    () =>
      wholes(({ kind, ...message }) =>
        kind === "" ? message : { ...message, ...(kind && { kind }) },
      ),
  ],
  [
    "makes bytes a list",
    "holds bytes",
    () => wholes((message) => JSON.parse(JSON.stringify(message))),
  ],
  [
    "cuts what is long",
    "a message of 5 MB",
    () =>
      wholes((message) => ({
        ...message,
        parts: message.parts.map((part) =>
          part.kind === "text" ? { ...part, text: part.text.slice(0, 2 ** 20) } : part,
        ),
      })),
  ],
  [
    "saves 999 at once",
    "holds 1,000 messages",
    () => changed((save) => ({ ...save, messages: save.messages.slice(0, 999) })),
  ],
  [
    "takes names to be one",
    "every name of a channel",
    () => changed((save) => ({ ...save, channel: save.channel.toLowerCase() })),
  ],
  [
    "pages from the front",
    "pages back from a place",
    () =>
      wrongly((right) => ({
        page: async (channel, { before, limit }) =>
          (await right.page(channel, { before, limit: 1000 })).slice(0, limit),
      })),
  ],
  [
    "pages to the place",
    "pages back from a place",
    () =>
      wrongly((right) => ({
        page: (channel, { before, limit }) => right.page(channel, { before: before + 1, limit }),
      })),
  ],
  [
    "deletes every channel",
    "deletes a channel and its messages",
    () => wrongly((right) => ({ delete: async () => right.clear() })),
  ],
];

test.each(rows)("the contract finds a store that %s", async (_, title, make) => {
  expect(await failures(make, title)).toHaveLength(1);
});
