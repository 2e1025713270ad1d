import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MUTANTS } from "./mutants/all.js";
import type { Mutant } from "./mutants/mutant.js";
import { ROOT, Simulator } from "./pool.js";

/** How to look for them. */
export interface MutantOptions {
  /** Seeds after which one counts as missed. */
  readonly seeds: number;
  readonly jobs: number;
  /** Those alone whose names have this in them. */
  readonly only: string | undefined;
  readonly print: (line: string) => void;
}

/** What became of one. */
interface Finding {
  readonly mutant: Mutant;
  readonly caught: string | undefined;
}

/** Puts the bugs in, one at a time, in copies of the sources; prints which are caught. */
export async function runMutants({ seeds, jobs, only, print }: MutantOptions): Promise<number> {
  const chosen = MUTANTS.filter(({ name }) => only === undefined || name.includes(only));
  const roots = [await copy(ROOT)];
  const [first = ROOT] = roots;
  for (let i = 1; i < jobs; i++) roots.push(await copy(first));
  try {
    const checks = await Promise.allSettled(chosen.map((mutant) => mutated(mutant, first)));
    const wrong = checks.flatMap((check) => (check.status === "rejected" ? [check.reason] : []));
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join("\n"));
    const without = await run(first, seeds);
    if (without) throw new Error(`without any mutant there is a failure: ${without}`);
    const queue = [...chosen];
    const findings: Finding[] = [];
    const work = async (root: string) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const caught = await examine(mutant, root, seeds);
        findings.push({ mutant, caught });
        print(`${caught ? "caught" : "MISSED"}  ${mutant.name}: ${caught ?? mutant.file}`);
      }
    };
    await Promise.all(roots.map(work));
    return summary(findings, print);
  } finally {
    for (const root of roots) await rm(root, { recursive: true, force: true });
  }
}

function summary(findings: readonly Finding[], print: (line: string) => void): number {
  const missed = findings.filter(({ caught }) => caught === undefined);
  print(`\n${findings.length - missed.length} of ${findings.length} mutants caught`);
  const unexplained = missed.filter(({ mutant }) => mutant.unseen === undefined);
  for (const { mutant } of missed) {
    print(`missed: ${mutant.name}: ${mutant.unseen ?? "NO REASON IS GIVEN"}`);
  }
  return unexplained.length > 0 ? 1 : 0;
}

/** How often a mutant's text is in its source. */
export async function textsOf({ file, find }: Mutant, root: string = ROOT): Promise<number> {
  return (await readFile(join(root, file), "utf8")).split(find).length - 1;
}

/** The source with the bug in it. @throws where its text is not there exactly once */
async function mutated(mutant: Mutant, root: string): Promise<string> {
  const { name, file, find, replace } = mutant;
  const count = await textsOf(mutant, root);
  if (count !== 1) throw new Error(`mutant "${name}": its text is ${count} times in ${file}`);
  return (await readFile(join(root, file), "utf8")).replace(find, () => replace);
}

/** How a mutant was caught, if it was. */
async function examine(mutant: Mutant, root: string, seeds: number): Promise<string | undefined> {
  const path = join(root, mutant.file);
  const original = await readFile(path, "utf8");
  await writeFile(path, await mutated(mutant, root));
  try {
    return await run(root, seeds);
  } finally {
    await writeFile(path, original);
  }
}

/** What fails first in a folder of sources, if anything does. */
async function run(root: string, seeds: number): Promise<string | undefined> {
  const simulator = new Simulator(root);
  try {
    const job = { from: 1, end: 1 + seeds, faults: undefined, stops: true };
    const report = await simulator.run(job);
    if (!report) return "it hangs";
    const [failure] = report.failures;
    return failure && `seed ${failure.seed}, ${failure.message.replace(/\s+/g, " ").slice(0, 150)}`;
  } catch (error) {
    return `it dies: ${String(error).slice(0, 200)}`;
  } finally {
    simulator.stop();
  }
}

/** The sources that the simulation is made of, with the packages that they use. */
async function copy(from: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "deltawire-mutants-"));
  const packages = (await readdir(join(from, "packages"))).map((name) => join("packages", name));
  for (const folder of ["spec", ...packages, "sim"]) {
    await mkdir(join(root, folder), { recursive: true });
    const sources = folder === "sim" ? folder : join(folder, "src");
    const filter = (path: string) => !/node_modules|\.test\.ts$/.test(path.slice(from.length));
    if (existsSync(join(from, sources))) {
      await cp(join(from, sources), join(root, sources), { recursive: true, filter });
    }
    for (const name of ["package.json", "node_modules"]) {
      const target = join(ROOT, folder, name);
      if (existsSync(target))
        await symlink(target, join(root, folder, name)).catch(() => undefined);
    }
  }
  for (const name of ["package.json", "tsconfig.json", "tsconfig.base.json", "node_modules"]) {
    await symlink(join(ROOT, name), join(root, name));
  }
  return root;
}
