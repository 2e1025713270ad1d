import type { Named, Results } from "../results.js";
import { size } from "./format.js";

/** Ours, in every section. */
export const OURS = "deltawire";

/** What names of recorded streams begin with. */
export const TRACE = "trace-";

/** What is done as a text grows, in words. */
export const EDITS: Named<string> = { append: "append", backEdit: "back-edit", set: "set(full)" };

/** The same figure of everyone. */
export interface Comparison {
  /** What is compared: all of one name are of one kind. */
  readonly what: string;
  /** An input, or a number. */
  readonly on: string;
  /** How long the text is, where that is what it is about. */
  readonly size?: number;
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
  return Object.entries(growth ?? {}).flatMap(([edit, rows]) => {
    const sizes = new Set(Object.values(rows).flatMap((row) => Object.keys(row[step] ?? {})));
    return [...sizes].flatMap((text) => {
      const on = `${EDITS[edit] ?? edit} at ${size(Number(text))}`;
      return compare(`CPU to ${step}, growing`, { [on]: rows }, (row) => row[step]?.[text]).map(
        (comparison) => ({ ...comparison, size: Number(text) }),
      );
    });
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
