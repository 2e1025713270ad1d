import type { Medians, Spread, Tree } from "../results.js";
import type { Figure } from "../statistics.js";

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

const isFigure = (value: unknown): value is Figure =>
  isTree(value) && ["median", "low", "high"].every((name) => typeof value[name] === "number");

/** What was measured, with the median for each figure. */
export function medians<Measured>(measured: Measured): Medians<Measured> {
  // The compiler cannot follow a walk over the names of a mapped type.
  if (isFigure(measured)) return measured.median as Medians<Measured>;
  if (!isTree(measured)) return measured as Medians<Measured>;
  const entries = Object.entries(measured).map(([name, value]) => [name, medians(value)]);
  return Object.fromEntries(entries) as Medians<Measured>;
}

/** The quartiles alone, each where its figure is. */
export function spread(measured: unknown): Tree | undefined {
  if (isFigure(measured)) return { low: measured.low, high: measured.high };
  if (!isTree(measured)) return undefined;
  const entries = Object.entries(measured).flatMap(([name, value]) => {
    const below = spread(value);
    return below === undefined ? [] : [[name, below] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What stands at a path. */
export function at(tree: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (isTree(value) ? value[name] : undefined), tree);
}

/** The quartiles beside a median. */
export function spreadAt(tree: Tree, path: readonly string[]): Spread | undefined {
  const found = at(tree, path);
  if (!isTree(found)) return undefined;
  const { low, high } = found;
  return typeof low === "number" && typeof high === "number" ? { low, high } : undefined;
}
