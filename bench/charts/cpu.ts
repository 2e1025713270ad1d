import { OURS } from "../report/comparisons.js";
import { size as sizeOf, time } from "../report/format.js";
import type { Results } from "../results.js";
import { type Chart, line, logarithmic, path, picture, text } from "./svg.js";

const [TOP, BOTTOM] = [62, 372];
const [LEFT, RIGHT] = [64, 560];
const LABEL = 15;

/** What an append costs as the text grows, to encode and to apply. */
export function cpuChart({ growth }: Results): Chart | undefined {
  const peers = Object.entries(growth?.append ?? {}).flatMap(([peer, row]) => {
    const sizes = Object.entries(row.sizes).map(([size, ns]) => ({ size: Number(size), ns }));
    return row.encode === undefined ? [] : [{ peer, points: sizes }];
  });
  const all = peers.flatMap(({ points }) => points);
  if (all.length === 0) return undefined;
  const across = logarithmic(
    all.map(({ size }) => size),
    LEFT,
    RIGHT,
  );
  const up = logarithmic(
    all.map(({ ns }) => ns),
    BOTTOM,
    TOP,
  );
  const ends = peers.map(({ peer, points }) => {
    const last = points.at(-1) ?? { size: 1, ns: 1 };
    return { peer, y: up.at(last.ns), x: across.at(last.size), ...last };
  });
  const body = [
    text(0, 38, "processor time to encode and to apply one window of appends; both logarithmic"),
    ...up.powers.flatMap((ns) => [
      line("grid", LEFT, up.at(ns), RIGHT, up.at(ns)),
      text(LEFT - 8, up.at(ns) + 4, time(ns).replace(/\.0+ /, " "), "", "end"),
    ]),
    ...across.powers.map((size) => text(across.at(size), BOTTOM + 22, sizeOf(size), "", "middle")),
    text((LEFT + RIGHT) / 2, BOTTOM + 40, "text so far", "", "middle"),
    ...peers.map(({ peer, points }) =>
      path(
        peer === OURS ? "line mine" : "line",
        points.map(({ size, ns }) => [across.at(size), up.at(ns)] as const),
      ),
    ),
    ...apart(ends).flatMap(({ peer, x, y, at }) => [
      line("grid", x, y, RIGHT + 12, at),
      text(RIGHT + 16, at + 4, peer, peer === OURS ? "ours" : ""),
    ]),
  ];
  const said = ends.map(({ peer, size, ns }) => `${peer} ${time(ns)} at ${sizeOf(size)}`);
  return {
    file: "cpu.svg",
    alt: "Processor time of one update against the size of the text, by each way to send it",
    svg: picture("What one update costs as the text grows", `${said.join("; ")}.`, 424, body),
  };
}

/** Labels beside the ends of lines, none over another. */
function apart<End extends { readonly y: number }>(ends: readonly End[]): (End & { at: number })[] {
  const placed = ends
    .slice()
    .sort((a, b) => a.y - b.y)
    .map((end) => ({ ...end, at: end.y }));
  for (const [i, end] of placed.entries()) {
    end.at = Math.max(end.at, (placed[i - 1]?.at ?? Number.NEGATIVE_INFINITY) + LABEL);
  }
  let below = BOTTOM + LABEL;
  for (const end of placed.slice().reverse()) {
    end.at = Math.min(end.at, below - LABEL);
    below = end.at;
  }
  return placed;
}
