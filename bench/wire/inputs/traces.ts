import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonOperation, JsonValue } from "@deltawire/spec";
import type { Step } from "../../../packages/cli/src/demo/step.js";
import { readTrace } from "../../../packages/cli/src/demo/trace.js";
import { Random } from "../../../sim/random.js";
import type { Edit, Input } from "../peer.js";
import { applied } from "./json-script.js";
import { times } from "./tokens.js";

/** Recorded streams carry no times. */
const RATE = 60;

/** Where recorded streams may lie: they are not part of this repository. */
const FOLDER: string =
  process.env.DELTAWIRE_TRACES ??
  fileURLToPath(new URL("../../../../shared/traces", import.meta.url));

/** What a step of the demo does, on the parts as every step before it has left them. */
class Reading {
  readonly #parts = new Map<string, JsonValue>();

  edits(step: Step): Edit[] {
    const { part } = step;
    if (step.kind === "append") {
      const begin: Edit[] = this.#parts.has(part) ? [] : [{ is: "text", part }];
      this.#parts.set(part, "");
      return [...begin, { is: "append", part, text: step.text }];
    }
    if (step.kind === "json") {
      const value: JsonValue = { ...step.value };
      this.#parts.set(part, value);
      return [{ is: "json", part, value }];
    }
    const operation = this.#operation(step);
    const value = applied(this.#parts.get(part) ?? null, operation);
    this.#parts.set(part, value);
    return [{ is: "patch", part, operations: [operation], value }];
  }

  #operation(step: Extract<Step, { readonly kind: "json_set" | "json_append" }>): JsonOperation {
    const { path } = step;
    const before: unknown = Object(this.#parts.get(step.part))[path.slice(1)];
    if (step.kind === "json_set") {
      return { op: before === undefined ? "add" : "replace", path, value: step.value };
    }
    const changed_offset = String(before).length;
    return { op: "splice", path, changed_offset, removed: 0, text: step.text };
  }
}

async function trace(file: string): Promise<Input> {
  const reading = new Reading();
  const time = times(RATE, new Random(1));
  const steps = readTrace(await readFile(join(FOLDER, file), "utf8")).map((step) => ({
    at: time.next().value,
    edits: reading.edits(step),
  }));
  const name = basename(file, ".jsonl");
  return { name: `trace-${name}`, title: `recorded: ${name}`, isRecorded: true, steps };
}

/** Recorded streams of providers, where there are any. */
export async function traces(): Promise<readonly Input[]> {
  if (!existsSync(FOLDER)) return [];
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".jsonl")).sort();
  return Promise.all(files.map(trace));
}
