import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = fileURLToPath(new URL(".", import.meta.url));

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "deltawire-quickstart-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A program of this folder, what it has printed so far, and its exit code in the end. */
class Program {
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;
  stdout = "";
  stderr = "";

  constructor(file: string, ...args: string[]) {
    this.#child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
      cwd: folder,
      env: { ...process.env, PORT: "0" },
    });
    this.#child.stdout?.on("data", (chunk) => (this.stdout += chunk));
    this.#child.stderr?.on("data", (chunk) => (this.stderr += chunk));
    this.ended = once(this.#child, "close").then(([code]) => code);
  }
}

test("a viewer prints what the command printed, and how it ended", {
  timeout: 60_000,
}, async () => {
  const lines = `for (const word of ["one", "två", "三"]) console.log(word); process.exitCode = 3`;
  const program = new Program("main.ts", "node", "-e", lines);
  expect(await program.ended).toBe(0);
  expect(program.stdout).toBe("one\ntvå\n三\n{ command: 'node', is: 'done', code: 3 }\n");
});

test("who comes late sees everything, and what comes after", { timeout: 60_000 }, async () => {
  const gate = join(scratch, "gate");
  const command = `
    console.log("before");
    const timer = setInterval(() => {
      if (!require("node:fs").existsSync(${JSON.stringify(gate)})) return;
      clearInterval(timer);
      console.log("after");
    }, 20);`;
  const program = new Program("main.ts", "node", "-e", command);
  await expect.poll(() => program.stdout, { timeout: 30_000 }).toContain("before");
  const [url = ""] = /ws:\S+/.exec(program.stderr) ?? [];
  const late = new Program("watch.ts", url);
  await expect.poll(() => late.stdout, { timeout: 30_000 }).toBe("before\n");
  await writeFile(gate, "");
  expect(await late.ended).toBe(0);
  expect(late.stdout).toBe("before\nafter\n");
  expect(await program.ended).toBe(0);
});
