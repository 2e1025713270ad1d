import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { LOG_START } from "@deltawire/server";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { level } from "./level.js";

let parent = "";
let folder = "";
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "deltawire-level-"));
  folder = join(parent, "data");
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((each) => each.close().catch(() => {})));
  await rm(parent, { recursive: true });
});

/** Opened, and closed after the test. */
function opened(...args: Parameters<typeof level>): ReturnType<typeof level> {
  const data = level(...args);
  open.push(data);
  return data;
}

const record = (index: number, tag = `tag ${index}`) => ({
  index,
  tag,
  data: Uint8Array.of(index),
});
const append = (data: ReturnType<typeof level>, index: number, channel = "c") =>
  data.log.append(channel, index === 1 ? LOG_START : record(index - 1), record(index), true);

/** Writes what a version of this package would not. */
async function put(key: string, value: string): Promise<void> {
  const database = new ClassicLevel(folder);
  await database.put(key, value);
  await database.close();
}

describe("level()", () => {
  it("makes the folder, and what is above it", async () => {
    folder = join(folder, "deep", "er");
    expect(await append(opened(folder), 1)).toEqual({ type: "appended" });
  });

  it("is one log and one store again, with its incarnation and its orphans", async () => {
    const lease = { server: "one", duration: 60_000, channels: ["c"] };
    const data = opened(folder);
    await append(data, 1);
    const before = await data.log.renew(lease);
    expect(before).toMatchObject({ servers: ["one"], orphans: [] });
    await data.close();
    const again = await opened(folder).log.renew({ ...lease, server: "two", channels: [] });
    // The lease was in memory: who opens the folder is alone.
    expect(again).toMatchObject({ servers: ["two"], orphans: ["c"] });
    expect(again.incarnation).toBe(before.incarnation);
  });

  it("refuses a second opener, and says what to do", async () => {
    const first = opened(folder);
    await append(first, 1);
    const second = opened(folder);
    const refused = append(second, 2);
    await expect(refused).rejects.toMatchObject({ name: "DeltawireError", code: "overloaded" });
    await expect(refused).rejects.toThrow(`the data folder ${folder} is open already`);
    await expect(refused).rejects.toThrow("One process at a time may use it");
    await first.close();
    await expect.poll(() => append(second, 2).catch(String)).toEqual({ type: "appended" });
  });

  it("refuses a format that it does not know", async () => {
    await opened(folder).close();
    await put("\0format", "2");
    const refused = opened(folder).store.load("c");
    await expect(refused).rejects.toMatchObject({ code: "unsupported_version" });
    await expect(refused).rejects.toThrow(
      `the data folder ${folder} has format 2, and this version of @deltawire/level knows formats up to 1`,
    );
  });

  it("refuses a database that is something else", async () => {
    await put("user:1", "ann");
    await expect(opened(folder).store.load("c")).rejects.toMatchObject({
      code: "unsupported_version",
      message: expect.stringContaining("is not Deltawire's"),
    });
  });

  it("says that a folder is none", async () => {
    await writeFile(folder, "a file");
    for (const path of [folder, join(folder, "below")]) {
      await expect(opened(path).log.read("c")).rejects.toMatchObject({
        code: "forbidden",
        message: expect.stringContaining(`the data folder ${path} is no folder`),
      });
    }
  });

  it.skipIf(platform() !== "linux")("says that a folder cannot be made", async () => {
    await expect(opened("/proc/deltawire/data").log.read("c")).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("the data folder /proc/deltawire/data cannot be made"),
    });
  });

  it("says that a folder is damaged", async () => {
    const data = opened(folder);
    await append(data, 1);
    await data.close();
    await writeFile(join(folder, "CURRENT"), "MANIFEST-999999\n");
    await expect(opened(folder).log.read("c")).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("is damaged. Restore it from a backup"),
    });
  });

  it("saves a channel that is named twice in one call one time after the other", async () => {
    const { store } = opened(folder);
    const message = { id: "m", generation: 0, role: "r", status: "streaming", parts: [] } as const;
    const changes = [{ type: "message_patch", id: "m", status: "streaming" }] as const;
    const head = { channel: "c", epoch: "e", attributes: {}, removed: [] };
    const whole = { ...head, seq: 1, messages: [{ type: "whole", order: 1, message } as const] };
    const next = { type: "patch", id: "m", since: 1, changes } as const;
    const patch = { ...head, seq: 2, messages: [next] };
    const other = { ...whole, channel: "d" };
    const answers = await store.save([whole, other, patch, { ...whole }]);
    expect(answers).toEqual(["saved", "saved", "saved", "conflict"]);
    expect((await store.load("c"))?.messages).toEqual([
      { order: 1, seq: 1, message, patches: [{ seq: 2, changes }] },
    ]);
  });

  it("refuses calls after it was closed, and finishes those before", async () => {
    const data = opened(folder);
    const before = append(data, 1);
    await before;
    const last = append(data, 2);
    await Promise.resolve();
    await Promise.all([data.close(), data.close()]);
    await last.catch(() => {}); // refused or there
    await expect(append(data, 3)).rejects.toMatchObject({ code: "closed" });
    await expect(data.store.load("c")).rejects.toThrow(`the data folder ${folder} was closed`);
    const { records } = await opened(folder).log.read("c");
    expect(records.length).toBeGreaterThan(0);
  });

  it("takes a time for sync, and nothing else", () => {
    for (const sync of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => level(folder, { sync })).toThrow(RangeError);
    }
  });
});

describe("the sync window", () => {
  /** Whether each batch was synced, and how often all was synced afterwards. */
  function watch(): { batches: unknown[]; syncs: () => number } {
    const batch = vi.spyOn(ClassicLevel.prototype, "batch");
    const puts = vi.spyOn(ClassicLevel.prototype, "put");
    const isSync = ([key]: readonly unknown[]): boolean => String(key) === "\0sync";
    return {
      get batches() {
        return batch.mock.calls.map((call: readonly unknown[]) => call[1]);
      },
      syncs: () => puts.mock.calls.filter(isSync).length,
    };
  }

  it("ends so long after the first write that is not synced, and begins with the next", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const data = opened(folder, { sync: 300 });
    const watched = watch();
    await append(data, 1);
    vi.advanceTimersByTime(200);
    await append(data, 2);
    vi.advanceTimersByTime(99);
    await data.log.read("c");
    expect(watched.syncs()).toBe(0);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(watched.syncs()).toBe(1));
    vi.advanceTimersByTime(10_000); // nothing was written since
    await data.log.read("c");
    expect(watched.syncs()).toBe(1);
    await append(data, 3);
    vi.advanceTimersByTime(300);
    await vi.waitFor(() => expect(watched.syncs()).toBe(2));
    expect(watched.batches).toEqual(watched.batches.map(() => ({ sync: false })));
  });

  it("is tried again where it failed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const data = opened(folder, { sync: 300 });
    await append(data, 1);
    const put = vi.spyOn(ClassicLevel.prototype, "put").mockRejectedValueOnce(new Error("EIO"));
    vi.advanceTimersByTime(300);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    const before = put.mock.calls.length;
    vi.advanceTimersByTime(300);
    await vi.waitFor(() => expect(put.mock.calls.length).toBeGreaterThan(before));
    expect((await data.log.read("c")).records).toHaveLength(1);
  });

  it("is no time at all with sync: 0", async () => {
    const data = opened(folder, { sync: 0 });
    const watched = watch();
    await append(data, 1);
    expect(watched.batches).toEqual([{ sync: true }]);
  });

  it("ends when it is closed", async () => {
    const data = opened(folder, { sync: 60_000 });
    const watched = watch();
    await append(data, 1);
    await data.close();
    expect(watched.syncs()).toBe(1);
  });
});

describe("a write that fails", () => {
  it("takes nothing with it, and what follows is there after the next opening", async () => {
    const data = opened(folder);
    await append(data, 1);
    vi.spyOn(ClassicLevel.prototype, "batch").mockRejectedValueOnce(
      Object.assign(new Error("IO error: No space left on device"), { code: "LEVEL_IO_ERROR" }),
    );
    const opening = vi.spyOn(ClassicLevel.prototype, "open");
    const news: string[] = [];
    data.log.follow("c", ({ type }) => news.push(type));
    const failed = append(data, 2);
    await expect(failed).rejects.toMatchObject({ code: "overloaded" });
    await expect(failed).rejects.toThrow(
      `the data folder ${folder} cannot be written: the disk is`,
    );
    expect(news).toEqual(["doubt"]);
    expect(await append(data, 2)).toEqual({ type: "appended" });
    expect(opening).toHaveBeenCalledTimes(1);
    expect(news).toEqual(["doubt", "record"]);
    await data.close();
    expect((await opened(folder).log.read("c")).records).toEqual([record(1), record(2)]);
  });

  it("may have happened: what is there then is what counts", async () => {
    const data = opened(folder);
    await append(data, 1);
    const { batch } = ClassicLevel.prototype;
    vi.spyOn(ClassicLevel.prototype, "batch").mockImplementationOnce(async function (
      this: ClassicLevel,
      ...args: unknown[]
    ) {
      await Reflect.apply(batch, this, args);
      throw new Error("IO error");
    } as never);
    await expect(append(data, 2)).rejects.toMatchObject({ code: "internal" });
    const again = await append(data, 2);
    expect(again).toEqual({
      type: "conflict",
      contents: { continues: true, records: [record(2)] },
    });
    const { orphans } = await data.log.renew({ server: "s", duration: 1, channels: [] });
    expect(orphans).toEqual(["c"]);
  });
});
