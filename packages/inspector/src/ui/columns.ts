import type { Row } from "../row.js";
import { bytesOf, durationOf, timeOf } from "./format.js";
import { REASONS } from "./reasons.js";
import { summaryOf } from "./summary.js";

/** A column of the timeline. */
export interface Column {
  /** Its class, too: narrow screens leave some out. */
  readonly name: string;
  readonly label: string;
  readonly title: string;
  /** @param base the time that the recording's counts from */
  readonly text: (row: Row, base: number) => string;
}

const ARROWS = { sent: "↑", received: "↓", none: "" } as const;

/** Every column, from left to right. */
export const COLUMNS: readonly Column[] = [
  {
    name: "time",
    label: "Time",
    title: "Seconds since the recording began",
    text: ({ at }, base) => timeOf(at - base),
  },
  {
    name: "way",
    label: "↕",
    title: "Direction: ↑ sent from here, ↓ received here",
    text: ({ direction }) => ARROWS[direction],
  },
  { name: "kind", label: "Kind", title: "Type of the frame", text: ({ kind }) => kind },
  {
    name: "channel",
    label: "Channel",
    title: "Channel that it concerns",
    text: ({ channel }) => channel ?? "",
  },
  {
    name: "seq",
    label: "Seq",
    title: "Version that it leads to, states or asks from",
    text: ({ seq }) => (seq === undefined ? "" : String(seq)),
  },
  {
    name: "size",
    label: "Size",
    title: "Bytes on the wire",
    text: ({ size, direction }) => (direction === "none" ? "" : bytesOf(size)),
  },
  {
    name: "latency",
    label: "Latency",
    title: "Time since the frame that it answers",
    text: ({ latency }) => (latency === undefined ? "" : durationOf(latency)),
  },
  {
    name: "reason",
    label: "Reason",
    title: "Why it came, and what it did here",
    text: ({ reason }) => (reason === undefined ? "" : REASONS[reason].label),
  },
  { name: "carries", label: "Carries", title: "What is in it, in short", text: summaryOf },
];

/** How a row stands out in the timeline. */
export function toneOf(row: Row): string {
  if (row.kind === "unreadable" || row.kind === "error") return "bad";
  if (row.kind === "opened" || row.kind === "lost" || row.kind === "state") return "event";
  return row.reason === undefined ? "quiet" : REASONS[row.reason].tone;
}
