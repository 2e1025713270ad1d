import { execFile } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where packages go that are unpacked and not installed. */
const CACHE = fileURLToPath(new URL("../../.cache/real", import.meta.url));

/** Milliseconds that installing may take; one that takes longer has died. */
const PATIENCE = 180_000;

/** A program that tests run for real, and how to come by it. */
export interface RealPart {
  /** What people call it. */
  readonly name: string;
  /** Its commands: all of them are needed. */
  readonly commands: readonly string[];
  /** Folders that are looked into besides those of PATH, the best one first. */
  readonly folders?: readonly string[];
  /** Debian's packages that hold it. */
  readonly packages: readonly string[];
}

/** A real part that is there. */
export interface FoundPart {
  /** Where its commands are. */
  readonly folder: string;
  /** What they are run with. */
  readonly env: NodeJS.ProcessEnv;
}

/** The file that names what was not found, for the end of the run; see `missing.ts`. */
export const MISSING = "DELTAWIRE_MISSING_PARTS";

/**
 * Finds a real part, or gets it: installed already, else installed by apt-get (root on Debian), else
 * Debian's package unpacked into a folder of this project.
 *
 * @param tests what does not run without it, in words
 * @returns undefined where it cannot be had; that is said loudly, now and at the end of the run
 * @throws Error where it cannot be had and the variable CI is set: there nothing may be left out
 */
export async function realPart(part: RealPart, tests: string): Promise<FoundPart | undefined> {
  const found = await lookFor(part);
  if (found !== undefined) return found;
  if (part.packages.length === 0) return missing(part, tests, []);
  const tried: string[] = [];
  await alone(async () => {
    for (const get of [install, unpack]) {
      if ((await lookFor(part)) !== undefined) return;
      await get(part).catch((error: unknown) => tried.push(reason(error)));
    }
  });
  return (await lookFor(part)) ?? missing(part, tests, tried);
}

/**
 * Says that tests did not run since something real was not there.
 *
 * @throws Error where the variable CI is set
 */
export function notRun(what: string): undefined {
  const line = what.replaceAll("\n", " ");
  if (process.env.CI) throw new Error(`${line}. With CI set that is a failure`);
  console.error(`\n*** NOT RUN: ${line}\n`);
  const file = process.env[MISSING];
  if (file) appendFileSync(file, `${line}\n`);
}

function missing(part: RealPart, tests: string, tried: readonly string[]): undefined {
  const what = `${tests}: ${part.name} (${part.commands.join(", ")}) is not on PATH`;
  const packages = part.packages.join(", ");
  const why = packages && `, and Debian's ${packages} could not be had (${tried.join("; ")})`;
  return notRun(`${what}${why}: install it and test again`);
}

const reason = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).slice(0, 300);

async function lookFor(part: RealPart): Promise<FoundPart | undefined> {
  const path = (process.env.PATH ?? "").split(delimiter);
  for (const folder of [...path, ...(part.folders ?? [])]) {
    if (holds(folder, part)) return { folder, env: process.env };
  }
  const root = join(CACHE, part.name);
  for (const folder of ["/usr/bin", "/usr/sbin", ...(part.folders ?? [])]) {
    if (holds(join(root, folder), part)) {
      return { folder: join(root, folder), env: { ...process.env, ...(await libraries(root)) } };
    }
  }
  return undefined;
}

const holds = (folder: string, part: RealPart): boolean =>
  folder !== "" && part.commands.every((command) => existsSync(join(folder, command)));

/** Unpacked programs find unpacked libraries. */
async function libraries(root: string): Promise<NodeJS.ProcessEnv> {
  const folders: string[] = [];
  for (const lib of [join(root, "usr/lib"), join(root, "lib")]) {
    if (!existsSync(lib)) continue;
    const inside = await readdir(lib, { withFileTypes: true });
    folders.push(lib, ...inside.filter((e) => e.isDirectory()).map((e) => join(lib, e.name)));
  }
  return { LD_LIBRARY_PATH: folders.join(":") };
}

const apt = (args: readonly string[], cwd?: string) =>
  run("apt-get", [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    timeout: PATIENCE,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    maxBuffer: 1 << 26,
  });

async function install({ packages }: RealPart): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("not root");
  const how = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];
  await apt([...how, ...packages]).catch(async () => {
    await apt(["update"]);
    await apt([...how, ...packages]);
  });
}

/** For who is not root: Debian's packages, and the libraries that this machine lacks. */
async function unpack({ name, packages }: RealPart): Promise<void> {
  const root = join(CACHE, name);
  const debs = join(root, "packages");
  const lists = join(CACHE, "lists");
  await mkdir(debs, { recursive: true });
  await mkdir(join(lists, "partial"), { recursive: true });
  const wanted = [...packages, ...(await lacking(packages))];
  await apt(["download", ...wanted], debs).catch(async () => {
    const own = ["-o", `Dir::State::Lists=${lists}`, "-o", `Dir::Cache=${CACHE}`];
    await apt([...own, "update"]);
    await apt([...own, "download", ...wanted], debs);
  });
  for (const file of await readdir(debs)) {
    await run("dpkg", ["-x", join(debs, file), root]);
  }
  await rm(debs, { recursive: true });
}

/** Packages that others need and that are not installed: the libraries among them. */
async function lacking(packages: readonly string[]): Promise<readonly string[]> {
  const only = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const { stdout } = await run("apt-cache", [
    "depends",
    "--recurse",
    ...only.map((kind) => `--no-${kind}`),
    ...packages,
  ]);
  const names = new Set(stdout.split("\n").filter((line) => /^[a-z0-9]/.test(line)));
  const known = await run("dpkg", ["--get-selections"], { maxBuffer: 1 << 26 });
  const installed = new Set(known.stdout.split("\n").map((line) => line.split(/[:\t]/)[0] ?? ""));
  const library = (name: string) => /^(lib|redis|postgresql)/.test(name);
  return [...names].filter(
    (name) => !installed.has(name) && !packages.includes(name) && library(name),
  );
}

/** One process at a time: test files run side by side, and apt-get does not. */
async function alone(work: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), `deltawire-real-${process.getuid?.() ?? 0}.lock`);
  await mkdir(dirname(lock), { recursive: true });
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch {
      const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > 3 * PATIENCE) await rm(lock, { recursive: true, force: true });
      await new Promise((again) => setTimeout(again, 200));
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
