import { expect, test } from "vitest";
import { MUTANTS } from "./mutants/all.js";
import { runMutants, textsOf } from "./mutation.js";

test("there are enough deliberate bugs, with names of their own", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.filter(({ unseen }) => !unseen).length).toBeGreaterThanOrEqual(30);
});

test.each(MUTANTS)("$name: its text is in $file exactly once", async (mutant) => {
  expect(await textsOf(mutant)).toBe(1);
});

test("the simulation bites", async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const status = await runMutants({ seeds: 100, jobs: 1, only: "apply a frame twice", print });
  expect(lines.join("\n")).toMatch(/^caught +seed \d+ +invariant \d+ +apply a frame twice/);
  expect(status).toBe(0);
}, 120_000);
