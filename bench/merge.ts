import type { Results } from "./results.js";

/**
 * Earlier results, in which what a later run has measured takes the place of what was there.
 *
 * @param sections those of the later run
 */
export function merged(earlier: Results, later: Results, sections: readonly string[]): Results {
  const { date, effort, machine, versions, spread, ...measured } = later;
  const { apart, spread: before, ...rest } = earlier;
  return {
    ...rest,
    ...measured,
    machine,
    versions: { ...earlier.versions, ...versions },
    apart: { ...apart, ...Object.fromEntries(sections.map((name) => [name, { date, effort }])) },
    spread: { ...before, ...spread },
  };
}
