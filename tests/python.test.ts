import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { record } from "../scripts/record.js";

const SPEC = fileURLToPath(new URL("../spec/", import.meta.url));
const PYTHON = join(SPEC, "conformance/python");
const run = promisify(execFile);

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

const python = hasPython();
if (!python) {
  console.error(
    "\n*** There is no python3 on this machine: the second implementation of the protocol, in\n" +
      "*** spec/conformance/python, was NOT run. Install python3 and test again.\n",
  );
}

const script = (name: string, ...args: string[]) =>
  run("python3", [join(PYTHON, name), ...args], { maxBuffer: 1 << 26 });

describe.skipIf(!python)("the implementation in Python", () => {
  test("L2: passes every vector", { timeout: 120_000 }, async () => {
    const { stdout } = await script("run_vectors.py", join(SPEC, "vectors"));
    expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed$/m);
    for (const name of await readdir(join(SPEC, "vectors"))) {
      if (name.endsWith(".json")) expect(stdout).toContain(name);
    }
  });

  test("follows the recorded connections to their end", { timeout: 60_000 }, async () => {
    const folder = join(SPEC, "conformance/recordings");
    for (const name of Object.keys(SUBPROTOCOLS).flatMap((name) => [name, `${name}-window`])) {
      const path = join(folder, `${name}.jsonl`);
      expect(existsSync(path)).toBe(true);
      expect(JSON.parse((await script("follow.py", path)).stdout)).toHaveProperty("messages");
    }
  });

  test("follows a connection whose frames are compressed", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "deltawire-python-"));
    const path = join(folder, "compressed.jsonl");
    const lines = await record(SUBPROTOCOLS.msgpack, undefined, 60);
    for (const form of ["d4", "d5", "d6", "d7", "d8"]) {
      expect(lines.some((line) => line.startsWith(`{"hex":"${form}`))).toBe(true);
    }
    await writeFile(path, `${lines.join("\n")}\n`);
    await script("follow.py", path);
    await rm(folder, { recursive: true });
  });

  const connections = Object.values(SUBPROTOCOLS).flatMap(
    (subprotocol) =>
      [
        [subprotocol, undefined],
        [subprotocol, 1],
      ] as const,
  );
  test.each(connections)(
    "follows a connection of now: %s, last: %s",
    { timeout: 60_000 },
    async (subprotocol, last) => {
      const folder = await mkdtemp(join(tmpdir(), "deltawire-python-"));
      const path = join(folder, "now.jsonl");
      const lines = await record(subprotocol, last);
      await writeFile(path, `${lines.join("\n")}\n`);
      await script("follow.py", path);
      // The test can fail: a recording whose end is another is refused.
      const spoiled = [...lines.slice(0, -1), (lines.at(-1) ?? "").replace("HELLO", "HELLA")];
      await writeFile(path, `${spoiled.join("\n")}\n`);
      await expect(script("follow.py", path)).rejects.toThrow();
      await rm(folder, { recursive: true });
    },
  );
});
