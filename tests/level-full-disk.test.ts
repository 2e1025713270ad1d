import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type LevelData, level } from "@deltawire/level";
import { LOG_START, type LogPosition } from "@deltawire/server";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { notRun } from "./real/part.js";

const run = promisify(execFile);

/** A file system of four megabytes. */
const disk = await smallDisk();

async function smallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    return notRun(`a full disk under LevelDB: a tmpfs needs root on Linux (${String(error)})`);
  }
}

afterAll(async () => {
  if (disk === undefined) return;
  await run("umount", [disk]);
  await rm(disk, { recursive: true });
});

describe.skipIf(disk === undefined)("a full disk", () => {
  const folder = join(disk ?? "", "data");
  const ballast = join(disk ?? "", "ballast");
  let data: LevelData;

  beforeEach(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(ballast, { force: true });
    data = level(folder, { sync: 50 });
  });

  afterEach(() => data.close().catch(() => {}));

  /** Takes what room there is. */
  const fill = () => writeFile(ballast, Buffer.alloc(8_000_000)).catch(() => {});
  const room = () => rm(ballast);

  const ends = new Map<string, LogPosition>();
  let tags = 0;

  /** Appends a record, and remembers what was acknowledged. */
  async function append(channel: string, size: number): Promise<void> {
    const end = ends.get(channel) ?? LOG_START;
    const tag = `tag ${tags++}`;
    const record = { index: end.index + 1, tag, data: new Uint8Array(size).fill(tags) };
    const answer = await data.log.append(channel, end, record, true);
    if (answer.type === "conflict") {
      // One that was refused is there after all: it goes on from that.
      expect(answer.contents.continues).toBe(true);
      ends.set(channel, answer.contents.records.at(-1) ?? end);
      return append(channel, size);
    }
    ends.set(channel, record);
  }

  async function expectAll(): Promise<void> {
    for (const [channel, end] of ends) {
      const { records } = await data.log.read(channel);
      expect(records.map(({ index }) => index)).toEqual(records.map((_, i) => i + 1));
      const found = records[end.index - 1];
      expect({ index: found?.index, tag: found?.tag }).toEqual({ index: end.index, tag: end.tag });
      expect(records.length).toBeLessThanOrEqual(end.index + 1);
    }
  }

  const patient = { timeout: 10_000, interval: 20 };
  const works = () => append("a", 10).then(() => true, String);

  it("is said, and takes nothing that was acknowledged; with room it goes on by itself", async () => {
    ends.clear();
    for (let i = 0; i < 20; i++) await append("a", 1000);
    await fill();
    const refused = (async () => {
      for (;;) await append("b", 30_000);
    })();
    await expect(refused).rejects.toMatchObject({ name: "DeltawireError", code: "overloaded" });
    await expect(refused).rejects.toThrow(
      `the data folder ${folder} cannot be written: the disk is full. Make room`,
    );
    for (let i = 0; i < 5; i++) await append("a", 50_000).catch(() => {});
    await room();
    await expect.poll(works, patient).toBe(true);
    await expectAll();
    for (let i = 0; i < 20; i++) await append("b", 1000);
    await data.close();
    data = level(folder);
    await expectAll();
  });

  it("also where it comes and goes, with several at once, and with a store", async () => {
    ends.clear();
    let saved = 0;
    const save = async () => {
      const seq = saved + 1;
      const content = { id: `m${seq % 5}`, generation: 0, role: "r", status: "streaming" } as const;
      const parts = [{ id: "t", kind: "text", text: "x".repeat(5000) }] as const;
      const whole = { type: "whole", order: seq % 5, message: { ...content, parts } } as const;
      const head = { channel: "s", epoch: "e", seq, attributes: {} };
      const answers = await data.store.save([{ ...head, messages: [whole], removed: [] }]);
      expect(answers).toEqual(["saved"]);
      saved = seq;
    };
    for (let round = 0; round < 5; round++) {
      let failed = 0;
      const count = () => {
        failed += 1;
      };
      await fill();
      for (let i = 0; i < 10; i++) {
        const size = 100 + 3000 * i;
        await Promise.all([
          ...["a", "b", "c"].map((channel) => append(channel, size).catch(count)),
          save().catch(count),
        ]);
      }
      expect(failed).toBeGreaterThan(0);
      await room();
      await expect.poll(works, patient).toBe(true);
      await save();
      await expectAll();
      expect((await data.store.load("s"))?.seq).toBe(saved);
      // What was written makes room again: a channel that is not needed goes.
      for (const channel of ["a", "b", "c"]) await data.log.delete(channel);
      ends.clear();
    }
  });

  it("keeps it from being opened, until there is room", async () => {
    ends.clear();
    for (let i = 0; i < 30; i++) await append("a", 30_000);
    await data.close();
    await fill();
    data = level(folder);
    await expect(data.log.read("a")).rejects.toMatchObject({
      code: "overloaded",
      message: expect.stringContaining("the disk is full"),
    });
    await room();
    await expect.poll(() => data.log.read("a").then(() => true, String), patient).toBe(true);
    await expectAll();
  });
});
