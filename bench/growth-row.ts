import type { GrowthRow } from "./results.js";
import { figureOf, type Rounds } from "./statistics.js";

/** The slope of a line through points, by least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

/** How what something takes grows; what it took is named by it and the size. */
export function growthOf(rounds: Rounds, name: string, sizes: readonly number[]): GrowthRow {
  const series = sizes.map((size) => rounds.series(`${name} ${size}`));
  const exponents = series[0]?.map((_, round) =>
    slopeOf(sizes.map((size, i) => [Math.log(size), Math.log(series[i]?.[round] ?? Number.NaN)])),
  );
  return {
    slope: rounds.ratio(`${name} ${sizes.at(-1)}`, `${name} ${sizes[0]}`),
    exponent: figureOf(exponents ?? []),
    sizes: Object.fromEntries(sizes.map((size) => [size, rounds.of(`${name} ${size}`)])),
  };
}
