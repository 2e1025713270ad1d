import type { GrowthRow, Medians, Named, Results } from "../results.js";

/** Ours, in every section. */
export const OURS = "deltawire";

/** What names of recorded streams begin with. */
export const TRACE = "trace-";

/** The same figure of everyone. */
export interface Comparison {
  /** What is compared: all of one name are of one kind. */
  readonly what: string;
  /** An input, or a number. */
  readonly on: string;
  /** Whether more of it is better. */
  readonly isMore: boolean;
  readonly ours: number;
  readonly peers: Named<number>;
}

/** How many times better ours is; below 1 it is the peer that is better. */
export function advantage({ isMore, ours, peers }: Comparison, peer: string): number {
  const theirs = peers[peer] ?? Number.NaN;
  return isMore ? ours / theirs : theirs / ours;
}

/** The peer that does best, and our advantage over it. */
export function closest(comparison: Comparison): { peer: string; advantage: number } | undefined {
  return Object.keys(comparison.peers)
    .map((peer) => ({ peer, advantage: advantage(comparison, peer) }))
    .sort((a, b) => a.advantage - b.advantage)[0];
}

/** Figures of one kind: from rows by what they are on, and by peer. */
function compare<Row>(
  what: string,
  rows: Named<Named<Row>> | undefined,
  figure: (row: Row) => number | undefined,
  isMore = false,
): Comparison[] {
  return Object.entries(rows ?? {}).flatMap(([on, byPeer]) => {
    const figures = Object.entries(byPeer).flatMap(([peer, row]) => {
      const value = figure(row);
      return value === undefined ? [] : [[peer, value] as const];
    });
    const { [OURS]: ours, ...peers } = Object.fromEntries(figures) as Named<number>;
    return ours === undefined ? [] : [{ what, on, isMore, ours, peers }];
  });
}

/** What a window takes each peer, by the size of the text before it. */
function growing({ growth }: Results, step: "encode" | "apply"): Comparison[] {
  const bySize: Record<string, Record<string, Medians<GrowthRow>>> = {};
  for (const [op, rows] of Object.entries(growth ?? {})) {
    for (const [peer, row] of Object.entries(rows)) {
      for (const size of Object.keys(row[step] ?? {})) {
        bySize[`${op} ${size}`] = { ...bySize[`${op} ${size}`], [peer]: row };
      }
    }
  }
  return Object.entries(bySize).flatMap(([on, rows]) => {
    const size = on.split(" ")[1] ?? "";
    return compare(`CPU to ${step}, growing`, { [on]: rows }, (row) => row[step]?.[size]);
  });
}

type FanoutSection = Results["fanout"];

const fanout = (kind: string, rows: FanoutSection): Comparison[] => [
  ...compare(`${kind}: rate`, rows, ({ perSecond }) => perSecond, true),
  ...compare(`${kind}: CPU`, rows, ({ cpuPerMessage }) => cpuPerMessage),
  ...compare(`${kind}: p50`, rows, ({ p50 }) => p50),
  ...compare(`${kind}: p99`, rows, ({ p99 }) => p99),
  ...compare(`${kind}: p99.9`, rows, ({ p999 }) => p999),
];

/** Everything in which ours and others were measured alike. */
export function comparisons(results: Results): Comparison[] {
  const { wire, cpu, latejoin, idle } = results;
  return [
    ...compare("bytes, plain", wire, ({ ratio }) => ratio),
    ...compare(
      "bytes, compressed",
      wire,
      ({ deflated, bytes, ratio }) => (deflated * ratio) / bytes,
    ),
    ...compare("CPU to encode", cpu, ({ encode }) => encode),
    ...compare("CPU to apply", cpu, ({ apply }) => apply),
    ...compare("CPU to apply and read", cpu, ({ read }) => read),
    ...growing(results, "encode"),
    ...growing(results, "apply"),
    ...compare("bytes of a late join", latejoin, ({ bytes }) => bytes),
    ...compare("the same, compressed", latejoin, ({ deflated }) => deflated),
    ...fanout("fan-out", results.fanout),
    ...fanout("fan-out of ten", results.fanoutTen),
    ...compare("memory", idle && { "an idle connection": idle }, (row) => row.bytesPerConnection),
  ];
}
