import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { level } from "@deltawire/level";
import type { Log, LogContents, Store } from "@deltawire/server";
import { afterEach, beforeEach, expect, test } from "vitest";

// A process that writes to a data folder dies by SIGKILL, and another one opens the folder.

const ROLE = fileURLToPath(new URL("./level-role.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
const ROUNDS = 20;
const CHANNELS = 5;

let folder = "";
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-level-kill-"));
});

afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** What a process has reported as done, by channel. */
class Report {
  readonly appended = new Map<string, Map<number, string>>();
  readonly compacted = new Map<string, number>();
  readonly saved = new Map<string, number>();

  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [what, channel = "", number = "", tag = ""] = line.split(" ");
      if (what === "saved") this.saved.set(channel, Number(number));
      else if (what === "compacted") this.compacted.set(channel, Number(number));
      else {
        const tags = this.appended.get(channel) ?? new Map<number, string>();
        this.appended.set(channel, tags.set(Number(number), tag));
      }
    }
  }
}

/** A process that writes. */
interface Writer {
  /** Its first report is there. */
  readonly begun: Promise<void>;
  /** @returns the lines that it has reported */
  kill(): Promise<string[]>;
}

function startWriter(sync: number): Writer {
  const args = ["--import", "tsx", ROLE, folder, String(CHANNELS), String(sync)];
  const writer = spawn(process.execPath, args, {
    env: { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = writer;
  let out = "";
  let errors = "";
  writer.stderr.on("data", (text) => {
    errors += text;
  });
  const closed = once(writer, "close");
  const begun = new Promise<void>((first) => {
    writer.stdout.on("data", (text) => {
      out += text;
      first();
    });
    writer.once("close", () => first());
  });
  const kill = async () => {
    writer.kill("SIGKILL");
    await closed;
    expect(errors).toBe("");
    return out.split("\n").slice(0, -1); // a last line that is not whole is none
  };
  return { begun, kill };
}

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));

function expectLog(contents: LogContents, reported: ReadonlyMap<number, string>): void {
  const { snapshot, records } = contents;
  const first = records[0]?.index ?? 1;
  expect(records.map(({ index }) => index)).toEqual(records.map((_, i) => first + i));
  expect(first).toBeLessThanOrEqual((snapshot?.index ?? 0) + 1);
  const end = records.at(-1)?.index ?? snapshot?.index ?? 0;
  expect(end).toBeGreaterThanOrEqual(Math.max(...reported.keys()));
  expect(end).toBeLessThanOrEqual(Math.max(...reported.keys()) + 1); // one may be on its way
  for (const { index, tag, data } of [...records, ...(snapshot ? [snapshot] : [])]) {
    if (reported.has(index)) expect(tag).toBe(reported.get(index));
    expect(data.length).toBeGreaterThan(0);
  }
}

async function expectAll(log: Log, store: Store, report: Report): Promise<void> {
  const { orphans } = await log.renew({ server: "next", duration: 1, channels: [] });
  for (const [channel, reported] of report.appended) {
    const contents = await log.read(channel);
    expectLog(contents, reported);
    expect(contents.snapshot?.index ?? 0).toBeGreaterThanOrEqual(
      report.compacted.get(channel) ?? 0,
    );
    const last = contents.records.at(-1);
    if (last) expect(orphans.includes(channel)).toBe(last.data[0] === 1);
    // The next process goes on from here, whether this one could still report it or not.
    if (last) reported.set(last.index, last.tag);
  }
  for (const [channel, seq] of report.saved) {
    const held = await store.load(channel);
    expect(held?.seq).toBeGreaterThanOrEqual(seq);
    expect(held?.seq).toBeLessThanOrEqual(seq + 1);
    const [message] = held?.messages ?? [];
    const last = (message?.seq ?? 0) + (message?.patches.length ?? 0);
    expect(last).toBe(held?.seq);
    expect(message?.patches.map((patch) => patch.seq)).toEqual(
      message?.patches.map((_, i) => message.seq + 1 + i),
    );
    if (held) report.saved.set(channel, held.seq);
  }
}

test("L39: processes are killed as they write: nothing that resolved is lost", {
  timeout: 240_000,
}, async () => {
  const report = new Report();
  let lines = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // With every write synced a kill meets a batch on its way, more often than not.
    const writer = startWriter(round % 4 === 3 ? 0 : 50);
    await writer.begun;
    await pause(Math.random() * 200);
    const said = await writer.kill();
    lines += said.length;
    report.take(said);
    const { log, store, close } = level(folder);
    await expectAll(log, store, report);
    await close();
  }
  expect(report.appended.size).toBe(CHANNELS);
  expect(lines).toBeGreaterThan(ROUNDS * CHANNELS);
});

test("a folder that another process has open is refused, and taken when that process is gone", async () => {
  const writer = startWriter(50);
  await writer.begun;
  const { log, close } = level(folder);
  const refused = log.read("channel-0");
  await expect(refused).rejects.toMatchObject({ code: "overloaded" });
  await expect(refused).rejects.toThrow(`the data folder ${folder} is open already`);
  await writer.kill();
  const patient = { timeout: 10_000, interval: 50 };
  await expect.poll(() => log.read("channel-0").catch(() => undefined), patient).toBeDefined();
  await close();
});
