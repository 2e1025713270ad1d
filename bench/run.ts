import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { machine, versions } from "./machine.js";
import { medians, spread } from "./report/figures.js";
import type { Effort, Measured, Results } from "./results.js";

/** What can be measured, in the order in which it is: what takes much memory comes last. */
export const SECTIONS = [
  "cpu",
  "wire",
  "latejoin",
  "payload",
  "growth",
  "database",
  "scaling",
  "targets",
  "terminal",
  "agent-thread",
  "feed",
  "graph",
  "team-chat",
  "fanout",
  "idle",
  "stalled",
  "screen",
] as const;

/** A part of the benchmark that can be asked for by itself. */
export type Section = (typeof SECTIONS)[number];

/** Told, line by line, how far it is. */
export type Progress = (line: string) => void;

/**
 * Measures sections one after another, each in a process of its own: none meets the heap, or the
 * compiled code, that another has left behind.
 *
 * @throws Error where a section fails
 */
export async function run(
  sections: readonly Section[],
  effort: Effort,
  progress: Progress,
): Promise<Results> {
  const date = new Date().toISOString();
  const measured: Partial<Measured> = {};
  for (const [i, section] of sections.entries()) {
    const start = performance.now();
    progress(`[${i + 1}/${sections.length}] ${section}`);
    Object.assign(measured, await inProcess(section, effort, progress));
    const seconds = (performance.now() - start) / 1000;
    progress(`[${i + 1}/${sections.length}] ${section}: ${seconds.toFixed(0)} s`);
  }
  return {
    date,
    effort,
    machine: machine(),
    versions: versions(),
    ...medians(measured),
    spread: spread(measured) ?? {},
  };
}

/** What a section's process measures; what it prints goes where errors go. */
async function inProcess(
  section: Section,
  effort: Effort,
  progress: Progress,
): Promise<Partial<Measured>> {
  const child = fork(fileURLToPath(new URL("./section.ts", import.meta.url)), [section, effort], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    execArgv: ["--import", "tsx", "--expose-gc"],
    serialization: "advanced",
    stdio: ["ignore", 2, 2, "ipc"],
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on("message", (said: string | Partial<Measured>) => {
        if (typeof said === "string") progress(`      ${said}`);
        else resolve(said);
      });
      child.once("exit", (code, signal) =>
        reject(new Error(`section ${section} failed: ${signal ?? code}`)),
      );
    });
  } finally {
    child.kill();
  }
}
