import { mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOG_START } from "@deltawire/server";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { messageKey, patchKey, recordKey } from "./key.js";
import { level } from "./level.js";
import { syncDatabase } from "./sync-window.js";

// After a power failure a part of the files that was not synced may be missing, whatever stands behind
// it: what is missing is taken away here, key by key.

let folder = "";
let data: ReturnType<typeof level>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-level-"));
  data = level(folder);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await data.close();
  await rm(folder, { recursive: true });
});

/** Closes the folder, takes keys away, and opens it again. */
async function lose(...keys: Uint8Array[]): Promise<void> {
  await data.close();
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: "view" });
  for (const key of keys) await database.del(key);
  await database.close();
  data = level(folder);
}

const record = (index: number, tag = `tag ${index}`) => ({
  index,
  tag,
  data: Uint8Array.of(index),
});
const append = (index: number, tag?: string) =>
  data.log.append("c", index === 1 ? LOG_START : record(index - 1), record(index, tag), false);
const indexes = async () => (await data.log.read("c")).records.map(({ index }) => index);

describe("a log with a hole", () => {
  beforeEach(async () => {
    for (let index = 1; index <= 9; index++) await append(index);
  });

  it("ends before it, and goes on from there", async () => {
    await lose(recordKey("c", 6));
    expect(await indexes()).toEqual([1, 2, 3, 4, 5]);
    expect(await append(6, "another one")).toEqual({ type: "appended" });
    expect(await indexes()).toEqual([1, 2, 3, 4, 5, 6]);
    await data.close();
    data = level(folder);
    expect((await data.log.read("c")).records.slice(5)).toEqual([record(6, "another one")]);
  });

  it("is its snapshot where the records do not reach that", async () => {
    await data.log.compact("c", record(9), 4);
    await lose(recordKey("c", 8), recordKey("c", 9));
    const { snapshot, records } = await data.log.read("c");
    expect([snapshot, records]).toEqual([record(9), []]);
    expect(await append(10)).toEqual({ type: "appended" });
    expect(await indexes()).toEqual([10]);
  });

  it("has nothing from before a snapshot that does not lead up to it", async () => {
    await data.log.compact("c", record(7), 4);
    await lose(recordKey("c", 5));
    expect(await indexes()).toEqual([6, 7, 8, 9]);
    expect((await data.log.read("c", record(4))).continues).toBe(false);
  });
});

describe("a stored message with a hole", () => {
  const change = { type: "message_patch", id: "m", status: "streaming" } as const;
  const message = { id: "m", generation: 0, role: "r", status: "streaming", parts: [] } as const;
  const save = (seq: number) => {
    const saved =
      seq === 1
        ? ({ type: "whole", order: 1, message } as const)
        : ({ type: "patch", id: "m", since: seq - 1, changes: [change] } as const);
    const head = { channel: "c", epoch: "e", seq, attributes: {} };
    return data.store.save([{ ...head, messages: [saved], removed: [] }]);
  };

  it("ends before it, loaded and paged, and is saved whole again", async () => {
    for (let seq = 1; seq <= 6; seq++) await save(seq);
    await lose(patchKey("c", 1, "m", 2));
    const loaded = await data.store.load("c");
    expect(loaded?.messages[0]?.patches.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await data.store.page("c", { before: 2, limit: 5 })).toEqual(loaded?.messages);
    const head = { channel: "c", epoch: "e", seq: 7, attributes: {} };
    const goesOn = { type: "patch", id: "m", since: 3, changes: [change] } as const;
    expect(await data.store.save([{ ...head, messages: [goesOn], removed: [] }])).toEqual([
      "conflict",
    ]);
    const whole = { type: "whole", order: 1, message } as const;
    await data.store.save([{ ...head, messages: [whole], removed: [] }]);
    expect((await data.store.load("c"))?.messages).toEqual([
      { order: 1, seq: 7, message, patches: [] },
    ]);
  });
});

describe("a stored message that is gone", () => {
  it("leaves its patches to no other message", async () => {
    const content = { generation: 0, role: "r", status: "streaming", parts: [] } as const;
    const head = { channel: "c", epoch: "e", attributes: {}, removed: [] };
    const messages = ["a", "b"].map(
      (id, order) => ({ type: "whole", order, message: { id, ...content } }) as const,
    );
    await data.store.save([{ ...head, seq: 1, messages }]);
    const changes = [{ type: "message_patch", id: "b", status: "streaming" }] as const;
    const patch = { type: "patch", id: "b", since: 1, changes } as const;
    await data.store.save([{ ...head, seq: 2, messages: [patch] }]);
    await lose(messageKey("c", 1, "b"));
    const left = [{ order: 0, seq: 1, message: { id: "a", ...content }, patches: [] }];
    expect((await data.store.load("c"))?.messages).toEqual(left);
    expect(await data.store.page("c", { before: 9, limit: 9 })).toEqual(left);
  });
});

describe("syncDatabase", () => {
  it("syncs write-ahead logs that LevelDB has turned away from", async () => {
    const own = await mkdtemp(join(tmpdir(), "deltawire-level-"));
    const other = new ClassicLevel<Uint8Array, Uint8Array>(own, { keyEncoding: "view" });
    await other.open();
    const file = await open(join(own, "000001.log"), "w");
    const synced = vi.spyOn(Object.getPrototypeOf(file), "datasync");
    await file.close();
    await writeFile(join(own, "lost.log"), "");
    const puts = vi.spyOn(other, "put");
    await syncDatabase(other, own);
    expect(puts.mock.calls.map(([, , options]) => options)).toEqual([{ sync: true }]);
    expect(synced).toHaveBeenCalledTimes(1);
    expect(await readdir(own)).toContain("000001.log");
    await other.close();
    await rm(own, { recursive: true });
  });
});
