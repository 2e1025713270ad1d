import type { Figure } from "./statistics.js";

/** What something takes as the text grows. */
export interface Series {
  readonly what: string;
  readonly layer: string;
  readonly figures: readonly { readonly size: number; readonly ns: Figure }[];
  /** At 1 MB, to what `to` says. */
  readonly ratio: Figure;
  readonly to: string;
  readonly budget?: number;
}

/** One figure, and what it may be. */
export interface Claim {
  readonly what: string;
  readonly figure: Figure;
  readonly budget: number;
}

export interface Report {
  readonly series: readonly Series[];
  readonly claims: readonly Claim[];
}

const sizeOf = (size: number): string => (size < 1e6 ? `${size / 1e3} KB` : `${size / 1e6} MB`);

const timeOf = (ns: number): string =>
  ns < 1e6 ? `${(ns / 1e3).toFixed(ns < 1e5 ? 1 : 0)} µs` : `${(ns / 1e6).toFixed(1)} ms`;

const figureOf = ({ median, low, high }: Figure): string =>
  low === high ? String(median) : `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

const isMissed = ({ figure, budget }: Claim): boolean => figure.median > budget;

/** The report as tables. Every figure is a median; the quartiles stand in brackets. */
export function text({ series, claims }: Report): string {
  const sizes = series[0]?.figures.map(({ size }) => sizeOf(size)) ?? [];
  const table = columns([
    ["time a call, text of", "", ...sizes, "1 MB to", "", "budget"],
    ...series.map(({ what, layer, figures, ratio, to, budget }) => [
      what,
      layer,
      ...figures.map(({ ns }) => timeOf(ns.median)),
      to,
      figureOf(ratio),
      budget === undefined ? "" : String(budget),
    ]),
  ]);
  const list = columns(
    claims.map(({ what, figure, budget }) => [what, figureOf(figure), `budget ${budget}`]),
  );
  const all: Claim[] = [...claims];
  for (const { what, layer, ratio, budget } of series) {
    if (budget !== undefined) all.push({ what: `${what}, ${layer}`, figure: ratio, budget });
  }
  const missed = all.filter(isMissed).map(({ what }) => what);
  const verdict = missed.length === 0 ? "Every budget holds." : `Missed: ${missed.join("; ")}.`;
  return `${table}\n\n${list}\n\n${verdict}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}
