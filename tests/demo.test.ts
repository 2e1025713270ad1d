import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../packages/cli/dist/cli.js", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function demo(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, "demo", ...args]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-demo-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe.concurrent("the demo", () => {
  test("the default sample ends equal, within the budgets", { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await demo("--json", "--rate", "600");
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const summary = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(summary)).toEqual([
      "equal",
      "rawBytes",
      "naiveBytes",
      "wire",
      "lateJoin",
      "latency",
      "consumers",
    ]);
    expect(summary.equal).toBe(true);
    expect(summary.consumers.map(({ equal }: { equal: boolean }) => equal)).toEqual([
      true,
      true,
      true,
    ]);
    const { plain } = summary.wire;
    expect(plain.bytes).toBeLessThan(1.5 * summary.rawBytes);
    expect(plain.controlBytes).toBeLessThanOrEqual(300);
    expect(plain.appends.most).toBeLessThanOrEqual(6 + 2);
    expect(summary.naiveBytes).toBeGreaterThan(100 * summary.rawBytes);
    const { bytes, textBytes, parts, messages } = summary.lateJoin;
    expect(messages).toBe(1);
    expect(bytes).toBeLessThanOrEqual(textBytes + 200 + 32 * parts + 64 * messages);
    // What README.md quotes of it is what it prints.
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toMatch(new RegExp(`text inserted +${summary.rawBytes} B\n`));
    expect(readme).toMatch(new RegExp(`resending everything +${summary.naiveBytes} B = `));
    expect(summary.latency.p99).toBeGreaterThanOrEqual(summary.latency.p50);
  });

  test("three parts of a text file that grow in turn", { timeout: 60_000 }, async () => {
    const words = Array.from({ length: 400 }, (_, i) => `word${i} 漢字 👩‍👩‍👧 `).join("");
    const path = await file("words.md", words);
    const { code, stdout } = await demo(
      "--json",
      "--rate",
      "1500",
      "--parts",
      "3",
      "--input",
      path,
    );
    expect(code).toBe(0);
    const { wire, rawBytes, lateJoin } = JSON.parse(stdout);
    expect(rawBytes).toBe(Buffer.byteLength(words));
    expect(lateJoin.parts).toBe(3);
    const { frames, bytes } = wire.plain;
    expect(frames).toBeGreaterThan(3);
    // Everything but the text: header, form and version, for each part its number and a length; the
    // beginning of message and parts, and control.
    expect(bytes - rawBytes).toBeLessThanOrEqual(frames * (4 + 2 + 3 * 3) + 400);
  });

  test("one part of a text file: three bytes an append", { timeout: 60_000 }, async () => {
    const path = await file("plain.txt", "Every word of this is plain. ".repeat(40));
    const { code, stdout } = await demo("--json", "--rate", "150", "--input", path);
    expect(code).toBe(0);
    const { appends } = JSON.parse(stdout).wire.plain;
    expect(appends.frames).toBeGreaterThan(5);
    expect(appends.most).toBeLessThanOrEqual(5);
    expect(appends.mean).toBeLessThan(3.5);
  });

  test("cut every two seconds it ends equal, and coming back is small", {
    timeout: 120_000,
  }, async () => {
    const { code, stdout } = await demo("--json", "--chaos", "--rate", "250");
    const { equal, chaos, rawBytes } = JSON.parse(stdout);
    expect([code, equal]).toEqual([0, true]);
    expect(chaos.cuts).toBeGreaterThan(10);
    const costs: number[] = chaos.rejoins.flatMap(({ bytes }: { bytes: number[] }) => bytes);
    expect(costs.length).toBeGreaterThan(6);
    // What a rejoin costs is what was missed: the median of them is nowhere near the whole text.
    const median = costs.sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 0;
    expect(median).toBeLessThan(rawBytes / 4);
  });

  test("a corrupted consumer is found out", { timeout: 60_000 }, async () => {
    const { code, stdout } = await demo("--no-page", "--rate", "5000", "--corrupt", "late");
    expect(code).toBe(1);
    expect(stdout).toContain("NOT EQUAL to what the editor wrote: late.");
    expect(stdout).toMatch(/consumer late \(msgpack\) .*DIFFERENT/);
    expect(stdout).toMatch(/consumer start \(msgpack\) .*equal/);
  });

  test("without a terminal there are plain lines", { timeout: 60_000 }, async () => {
    const { stdout } = await demo("--no-page", "--rate", "3000");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("Every digest equals the editor's.");
    expect(stdout).toMatch(/\d+\/\d+ tokens: text \d+ B/);
  });

  test("what cannot be played is told in one line", { timeout: 60_000 }, async () => {
    const missing = await demo("--input", join(folder, "nowhere.md"));
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toMatch(/^deltawire: .*nowhere\.md.*\n$/);
    const wrong = await demo("--rate", "none");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("--rate none: give a number");
    const { stdout } = await demo("--help");
    for (const option of ["--input FILE", "--no-page", "--port N"])
      expect(stdout).toContain(option);
    expect((await demo("--sideways")).stderr).toContain("--sideways");
  });
});
