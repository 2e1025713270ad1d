import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MUTANTS } from "./mutants/all.js";
import type { Mutant } from "./mutants/mutant.js";
import { ROOT, Simulator } from "./pool.js";
import type { Failure as WorkerFailure } from "./worker.js";

/** How to look for them. */
export interface MutantOptions {
  /** Seeds after which one counts as missed. @default what each one needs */
  readonly seeds: number | undefined;
  readonly jobs: number;
  /** Those alone whose names have this in them. */
  readonly only: string | undefined;
  readonly print: (line: string) => void;
}

/** What became of one. */
interface Finding {
  readonly mutant: Mutant;
  readonly failure: Failure | undefined;
}

/** What fails first. */
type Failure = Pick<WorkerFailure, "message"> & { readonly seed?: number; readonly by: string };

/** Puts the bugs in, one at a time, in copies of the sources; prints which are caught. */
export async function runMutants(options: MutantOptions): Promise<number> {
  const { jobs, only, print } = options;
  const start = performance.now();
  const chosen = MUTANTS.filter(({ name }) => only === undefined || name.includes(only));
  const roots = [await copy(ROOT)];
  const [first = ROOT] = roots;
  for (let i = 1; i < jobs; i++) roots.push(await copy(first));
  try {
    const checks = await Promise.allSettled(chosen.map((mutant) => mutated(mutant, first)));
    const wrong = checks.flatMap((check) => (check.status === "rejected" ? [check.reason] : []));
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join("\n"));
    const without = await run(first, options.seeds ?? LEAST_SEEDS);
    if (without) throw new Error(`without any mutant there is a failure: ${without.message}`);
    const queue = [...chosen];
    const findings: Finding[] = [];
    const work = async (root: string) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const failure = await examine(mutant, root, options.seeds ?? seedsOf(mutant));
        findings.push({ mutant, failure });
        print(lineOf({ mutant, failure }));
      }
    };
    await Promise.all(roots.map(work));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    return summary(findings, seconds, print);
  } finally {
    for (const root of roots) await rm(root, { recursive: true, force: true });
  }
}

/** Seeds that a simulator is given at a time: more could take as long as what hangs. */
const CHUNK = 250;

/** Seeds for a mutant that is not caught, nor expected to be; and for one that is. */
const LEAST_SEEDS = 300;
const SEEDS = 1000;

const seedsOf = ({ seeds, unseen }: Mutant): number => seeds ?? (unseen ? LEAST_SEEDS : SEEDS);

const PACKAGE = /^packages\/(\w+)\/src\//;

/** One row of the table. */
function lineOf({ mutant: { name, file, unseen }, failure }: Finding): string {
  const place = file.replace(PACKAGE, "$1/");
  const where = failure?.seed === undefined ? "" : `seed ${failure.seed}`;
  const head = failure ? `caught  ${where.padEnd(9)}  ${failure.by}` : "missed  ".padEnd(19);
  const reason = failure ? "" : `\n        because ${unseen ?? "— NO REASON IS GIVEN"}`;
  return `${head.padEnd(34)}  ${name} (${place})${reason}`;
}

function summary(
  findings: readonly Finding[],
  seconds: string,
  print: (line: string) => void,
): number {
  const missed = findings.filter(({ failure }) => failure === undefined);
  const unexplained = missed.filter(({ mutant }) => mutant.unseen === undefined);
  const caught = findings.length - missed.length;
  const reasons = `${missed.length - unexplained.length} missed for a reason`;
  print(`\n${caught} of ${findings.length} mutants caught, ${reasons}, in ${seconds} s`);
  for (const { mutant } of unexplained) print(`missed without a reason: ${mutant.name}`);
  for (const { mutant, failure } of findings) {
    if (failure && mutant.unseen) print(`caught, so that it needs no reason: ${mutant.name}`);
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
async function examine(mutant: Mutant, root: string, seeds: number): Promise<Failure | undefined> {
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
async function run(root: string, seeds: number): Promise<Failure | undefined> {
  const simulator = new Simulator(root);
  try {
    for (let from = 1; from <= seeds; from += CHUNK) {
      const end = Math.min(from + CHUNK, 1 + seeds);
      const report = await simulator.run({ from, end, faults: undefined, stops: true });
      if (!report) return { by: "it hangs", message: "it hangs" };
      const [failure] = report.failures;
      if (failure) return { ...failure, by: `invariant ${failure.invariant}` };
    }
    return undefined;
  } catch (error) {
    return { by: "it dies", message: String(error).slice(0, 200) };
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
