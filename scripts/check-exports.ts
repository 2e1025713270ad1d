// An entry of a package has at most 12 value exports: what is more has not been designed yet.
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
  for (const [path, entry] of Object.entries(manifest.exports)) {
    if (entry.import === undefined) continue;
    const module: object = await import(new URL(entry.import.default, base).href);
    const names = Object.keys(module);
    console.log(`${manifest.name}${path.slice(1)}: ${names.length} value exports`);
    if (names.length <= LIMIT) continue;
    failed = true;
    console.log(`  more than ${LIMIT}: ${names.sort().join(", ")}`);
  }
}
process.exitCode = failed ? 1 : 0;
