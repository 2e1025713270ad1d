import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Input, readInput } from "./input.js";

const NAME = join("samples", "agent-turn.jsonl");

/**
 * Where the sample is that the demo plays by default: a trace of a long agent turn. It is looked
 * for upwards, since this module lies deeper in the sources than in the built package.
 */
export function samplePath(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const path = join(folder, NAME);
    if (existsSync(path)) return path;
    if (folder === dirname(folder))
      throw new Error(`${NAME} is missing; install the package again`);
  }
}

/** The sample, read. */
export function readSample(): Promise<Input> {
  return readInput(samplePath());
}
