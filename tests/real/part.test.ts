import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MISSING, notRun, realPart } from "./part.js";

const NOTHING = { name: "nothing", commands: ["deltawire-no-such-program"], packages: [] };

let folder: string;
const said: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-part-"));
  vi.stubEnv(MISSING, join(folder, "parts"));
  vi.stubEnv("CI", "");
  said.length = 0;
  vi.spyOn(console, "error").mockImplementation((text: string) => said.push(text));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test("a part that is there is found", async () => {
  const name = "node";
  const part = { name, commands: [name], packages: [], folders: [join(process.execPath, "..")] };
  expect((await realPart(part, "these tests"))?.folder).toBeTruthy();
});

test("what does not run for want of a part is said, now and at the end of the run", async () => {
  expect(await realPart(NOTHING, "these tests")).toBeUndefined();
  expect(said.join()).toMatch(/NOT RUN: these tests: nothing \(deltawire-no-such-program\)/);
  expect(await readFile(join(folder, "parts"), "utf8")).toMatch(/^these tests: .*\n$/);
});

test("with CI set nothing may be left out", async () => {
  vi.stubEnv("CI", "true");
  await expect(realPart(NOTHING, "these tests")).rejects.toThrow(/these tests.*With CI set/);
  expect(() => notRun("those")).toThrow(/those/);
});
