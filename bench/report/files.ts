import { readFileSync, writeFileSync } from "node:fs";
import { charts } from "../charts/all.js";
import type { Named, Results } from "../results.js";
import { quoted } from "./quotes.js";
import { document } from "./report.js";

const root = new URL("../../", import.meta.url);
const LATEST = "bench/results/latest.json";

/** Documents that quote what was measured, from the root of the project. */
const QUOTING = ["README.md"];

const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** What was measured for the record. */
export const latest = (): Results => JSON.parse(read(LATEST));

/** What every document of the results holds, by its path from the root of the project. */
export function files(results: Results): Named<string> {
  const pictures = charts(results);
  return {
    [LATEST]: `${JSON.stringify(results, null, 1)}\n`,
    "bench/RESULTS.md": document(results, pictures),
    ...Object.fromEntries(pictures.map(({ file, svg }) => [`bench/results/${file}`, svg])),
    ...Object.fromEntries(QUOTING.map((path) => [path, quoted(read(path), results)])),
  };
}

/** Writes the documents, and says which. */
export function write(results: Results): string[] {
  return Object.entries(files(results)).map(([path, text]) => {
    writeFileSync(new URL(path, root), text);
    return path;
  });
}
