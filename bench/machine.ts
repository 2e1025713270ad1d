import { readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import type { Machine, Named } from "./results.js";

interface Manifest {
  readonly version: string;
  readonly dependencies?: Named<string>;
}

const read = (path: string): Manifest =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

/** Where this runs. */
export function machine(): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() || os.machine(),
    cores: cpus.length,
    memory: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
  };
}

/** The packages that are measured, as they are installed. */
export function versions(): Named<string> {
  const names = Object.keys(read("./package.json").dependencies ?? {});
  return Object.fromEntries(
    names.map((name) => [name, read(`./node_modules/${name}/package.json`).version]),
  );
}
