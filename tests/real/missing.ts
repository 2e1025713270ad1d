import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { MISSING } from "./part.js";

/** Vitest's global set-up: at the end of a run it names what did not run for want of a real part. */
export default function collect(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "deltawire-missing-"));
  const file = join(folder, "parts");
  writeFileSync(file, "");
  process.env[MISSING] = file;
  return () => {
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    rmSync(folder, { recursive: true });
    if (lines.length === 0) return;
    console.error(`\n*** ${lines.length} groups of tests did NOT run:`);
    for (const line of new Set(lines)) console.error(`***   ${line}`);
    console.error();
  };
}
