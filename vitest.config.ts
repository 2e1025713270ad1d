import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import tsconfig from "./tsconfig.json" with { type: "json" };

const folders = (parent: string): string[] =>
  existsSync(parent)
    ? readdirSync(parent).filter((name) => existsSync(`${parent}/${name}/package.json`))
    : [];

const include = ["**/*.test.{ts,tsx}"];

const project = (name: string, root: string, test = {}) => ({
  extends: true as const,
  test: { name, root, include, ...test },
});

/** One file at a time, after all others. */
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } };

/** Of many processes that wait for each other in real time. */
const processes = ["faults", "chaos", "redis-servers", "postgres-outage", "kill", "level-kill"].map(
  (name) => `${name}.test.ts`,
);

/** The paths in tsconfig.json lead to each package's source: tests need no build. */
const sources = Object.entries(tsconfig.compilerOptions.paths).map(([name, [target = ""]]) => ({
  find: new RegExp(`^${name.replace("*", "([^/]+)")}$`),
  replacement: new URL(target.replace("*", "$1"), import.meta.url).pathname,
}));

const config: ViteUserConfig = defineConfig({
  resolve: { alias: sources },
  test: {
    globalSetup: new URL("tests/real/missing.ts", import.meta.url).pathname,
    exclude: ["**/node_modules/**", "**/dist/**"],
    // A machine that is busy is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The slow ones wait for processes and for time: one a core, on two cores too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      project("spec", "spec"),
      ...folders("packages").map((name) =>
        project(name, `packages/${name}`, name === "redis" ? alone : {}),
      ),
      ...folders("examples").map((name) => project(`example-${name}`, `examples/${name}`)),
      project("sim", "sim"),
      project("tests", "tests", { exclude: ["browser/**", ...processes] }),
      project("processes", "tests", { include: processes, ...alone }),
      project("browser", "tests/browser"),
    ],
  },
});

export default config;
