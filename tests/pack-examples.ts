import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { environment } from "./packed.js";

const examples = fileURLToPath(new URL("../examples", import.meta.url));

/** What is not a program's own, or is made from it. */
const NOT_COPIED = /^(node_modules|dist|\.cache|\.turbo)$|\.test\.tsx?$/;

/** What examples need of others to be built and to run, by the names that their manifests have. */
export async function dependenciesOf(...names: readonly string[]): Promise<Record<string, string>> {
  const manifests = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(examples, name, "package.json"), "utf8");
      const { dependencies, devDependencies } = JSON.parse(text) as {
        readonly [kind: string]: Readonly<Record<string, string>>;
      };
      return { ...dependencies, ...devDependencies };
    }),
  );
  const all = Object.entries(Object.assign({}, ...manifests) as Record<string, string>);
  const isOfOthers = ([name, version]: readonly [string, string]) =>
    !version.startsWith("workspace:") && !name.startsWith("@types/");
  return Object.fromEntries(all.filter(isOfOthers));
}

/** Copies an example's own code into a project, where what it imports is installed. */
export const copyExample = (name: string, project: string): Promise<string> =>
  copyTo(name, join(project, name));

async function copyTo(name: string, folder: string): Promise<string> {
  const filter = (path: string) => !NOT_COPIED.test(basename(path));
  await cp(join(examples, name), folder, { recursive: true, filter });
  return folder;
}

/** Puts the services that examples find for a try where their imports look for it. */
export const copyServices = (project: string): Promise<string> =>
  copyTo("services", join(project, "node_modules", "example-services"));

/** A program of an example that runs, and what it has printed so far. */
export class ExampleProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  printed = "";

  constructor(folder: string, env: Readonly<Record<string, string>>, ...args: string[]) {
    this.#child = spawn(process.execPath, ["--import", "tsx", "main.ts", ...args], {
      cwd: folder,
      env: { ...environment(), ...env },
    });
    this.#ended = once(this.#child, "exit");
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk) => {
        this.printed += chunk;
      });
    }
  }

  /** Asks it to end as Ctrl-C does; resolves with its exit code. */
  async end(): Promise<unknown> {
    this.#child.kill("SIGINT");
    const [code] = await this.#ended;
    return code;
  }
}
