// A package has at most 12 value exports: what is more has not been designed yet.
import { readdirSync, readFileSync } from "node:fs";

const LIMIT = 12;
const root = new URL("../", import.meta.url);

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly import?: { readonly default: string } }>>;
}

let failed = false;
const folders = ["spec/", ...readdirSync(new URL("packages", root)).map((p) => `packages/${p}/`)];
for (const folder of folders) {
  const base = new URL(folder, root);
  const manifest: Manifest = JSON.parse(readFileSync(new URL("package.json", base), "utf8"));
  const names = new Set<string>();
  for (const entry of Object.values(manifest.exports)) {
    if (entry.import === undefined) continue;
    const module: object = await import(new URL(entry.import.default, base).href);
    for (const name of Object.keys(module)) names.add(name);
  }
  console.log(`${manifest.name}: ${names.size} value exports`);
  if (names.size <= LIMIT) continue;
  failed = true;
  console.log(`  more than ${LIMIT}: ${[...names].sort().join(", ")}`);
}
process.exitCode = failed ? 1 : 0;
