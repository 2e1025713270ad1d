import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresStore } from "@deltawire/postgres";
import { createServer } from "@deltawire/server";
import { afterAll, describe, expect, it } from "vitest";
import { notRun } from "./real/part.js";
import { realPostgres } from "./real/postgres.js";

const run = promisify(execFile);
const MB = 1_048_576;

/** A file system of its own for PostgreSQL, with some megabytes more than it takes empty. */
const disk = await smallDisk();
const postgres =
  disk === undefined
    ? undefined
    : await realPostgres("a full disk under PostgreSQL", {
        parent: disk,
        settings: { fsync: "off", max_wal_size: "64MB", min_wal_size: "32MB" },
      });

async function smallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=160m", "tmpfs", folder]);
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    return notRun(`a full disk under PostgreSQL: a tmpfs needs root on Linux (${String(error)})`);
  }
}

afterAll(async () => {
  await postgres?.close();
  if (disk === undefined) return;
  await run("umount", ["-l", disk]);
  await rm(disk, { recursive: true });
});

describe.skipIf(postgres === undefined)("a full disk under PostgreSQL", () => {
  const ballast = join(disk ?? "", "ballast");

  it("is told, nothing is lost, and with room it goes on by itself", async () => {
    const told: string[] = [];
    const store = postgresStore(postgres?.url ?? "", { timeout: 5000 });
    const warn = (fields: object, message: string): void => {
      told.push(`${message} ${"err" in fields ? fields.err : ""}`);
    };
    const logger = { debug: () => {}, info: () => {}, warn, error: warn };
    const server = createServer({ data: { store }, logger });
    const texts = new Map<string, string>();
    const write = async (channel: string, size: number): Promise<void> => {
      // Nothing that repeats: PostgreSQL would make little of it.
      const text = Array.from({ length: size / 16 }, () => Math.random().toString(36).padEnd(16));
      texts.set(channel, text.join(""));
      const reply = server.channel(channel).write("turn");
      reply.append(text.join(""));
      await reply.complete();
    };
    const has = async (channel: string): Promise<boolean> => {
      const [held] = (await store.load(channel))?.messages ?? [];
      const [part] = held?.message.parts ?? [];
      return part?.kind === "text" && part.text === texts.get(channel);
    };

    await write("before", MB);
    await expect.poll(() => has("before"), { timeout: 10_000 }).toBe(true);
    await writeFile(ballast, Buffer.alloc(256 * MB)).catch(() => {}); // what room there was
    for (let i = 0; i < 8; i++) await write(`during-${i}`, 4 * MB);
    await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(0);
    console.log(`a full disk under PostgreSQL: ${told[0]}`);

    await rm(ballast);
    const start = performance.now();
    await postgres?.start(); // where it had to end: it cannot write its log without room
    await write("after", MB);
    for (const channel of texts.keys()) {
      await expect.poll(() => has(channel).catch(() => false), { timeout: 30_000 }).toBe(true);
    }
    console.log(
      `everything saved ${(performance.now() - start).toFixed(0)} ms after there was room`,
    );
    await server.close();
    await store.close();
  });
});
