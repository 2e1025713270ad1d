import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { charts } from "../charts/all.js";
import type { Named, Results } from "../results.js";
import { quoted } from "./quotes.js";
import { document } from "./report.js";

const root = new URL("../../", import.meta.url);
const LATEST = "bench/results/latest.json";

const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** Documents that may quote what was measured, from the root of the project. */
const quoting = (): string[] =>
  ["", "bench/", ...readdirSync(new URL("packages", root)).map((name) => `packages/${name}/`)]
    .map((folder) => `${folder}README.md`)
    .filter((path) => existsSync(new URL(path, root)))
    .concat("docs/scaling.md");

/** What was measured for the record. */
export const latest = (): Results => JSON.parse(read(LATEST));

/** What every document that shows results holds, by its path from the root of the project. */
function files(results: Results): Named<string> {
  const pictures = charts(results);
  return {
    [LATEST]: `${JSON.stringify(results, null, 2)}\n`,
    "bench/RESULTS.md": document(results, pictures),
    ...Object.fromEntries(pictures.map(({ file, svg }) => [`bench/results/${file}`, svg])),
    ...Object.fromEntries(quoting().map((path) => [path, quoted(read(path), results)])),
  };
}

/** Documents that do not hold what `write` would write. */
export const outdated = (results: Results): string[] =>
  Object.entries(files(results))
    .filter(([path, text]) => !existsSync(new URL(path, root)) || read(path) !== text)
    .map(([path]) => path);

/** Writes the documents that have changed, and says which. */
export function write(results: Results): string[] {
  const texts = files(results);
  const changed = outdated(results);
  for (const path of changed) writeFileSync(new URL(path, root), texts[path] ?? "");
  return changed;
}
