import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MUTANTS } from "./mutant-table.js";
import { ROOT, Simulator } from "./pool.js";

/** A deliberate bug in a shipped source. */
export interface Mutant {
  readonly name: string;
  /** Of the source, from the root. */
  readonly file: string;
  /** What stands there, exactly once, and what stands there then. */
  readonly find: string;
  readonly replace: string;
  /** Why the simulation cannot see it; such a one may be missed. */
  readonly unseen?: string;
}

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
  await Promise.all(chosen.map((mutant) => mutated(mutant)));
  const queue = [...chosen];
  const findings: Finding[] = [];
  const work = async () => {
    const root = await copy();
    try {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const finding = await examine(mutant, root, seeds);
        findings.push(finding);
        print(`${finding.caught ? "caught" : "MISSED"}  ${mutant.name}: ${finding.caught ?? mutant.file}`);
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return summary(findings, print);
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

/** The source with the bug in it. @throws where its text is not there exactly once */
async function mutated({ name, file, find, replace }: Mutant): Promise<string> {
  const source = await readFile(join(ROOT, file), "utf8");
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`mutant "${name}": its text is ${count} times in ${file}`);
  return source.replace(find, () => replace);
}

async function examine(mutant: Mutant, root: string, seeds: number): Promise<Finding> {
  const path = join(root, mutant.file);
  const original = await readFile(path, "utf8");
  await writeFile(path, await mutated(mutant));
  const simulator = new Simulator(root);
  try {
    const job = { from: 1, end: 1 + seeds, faults: undefined, stops: true };
    const report = await simulator.run(job);
    if (!report) return { mutant, caught: "it hangs" };
    const [failure] = report.failures;
    return { mutant, caught: failure && `seed ${failure.seed}, ${failure.message.slice(0, 110)}` };
  } catch (error) {
    return { mutant, caught: `it dies: ${String(error).slice(0, 200)}` };
  } finally {
    simulator.stop();
    await writeFile(path, original);
  }
}

/** The sources that the simulation is made of, with the packages that they use. */
async function copy(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "deltawire-mutants-"));
  const packages = (await readdir(join(ROOT, "packages"))).map((name) => join("packages", name));
  for (const folder of ["spec", ...packages, "sim"]) {
    await mkdir(join(root, folder), { recursive: true });
    const sources = folder === "sim" ? folder : join(folder, "src");
    const filter = (path: string) => !/node_modules|\.test\.ts$/.test(path.slice(ROOT.length));
    if (existsSync(join(ROOT, sources))) {
      await cp(join(ROOT, sources), join(root, sources), { recursive: true, filter });
    }
    for (const name of ["package.json", "node_modules"]) {
      const target = join(ROOT, folder, name);
      if (existsSync(target)) await symlink(target, join(root, folder, name)).catch(() => undefined);
    }
  }
  for (const name of ["package.json", "tsconfig.json", "tsconfig.base.json", "node_modules"]) {
    await symlink(join(ROOT, name), join(root, name));
  }
  return root;
}
