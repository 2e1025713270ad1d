import type { Passed } from "./meter.js";

/** A consumer in the end. */
interface ConsumerSummary {
  readonly name: string;
  readonly codec: "msgpack" | "json";
  readonly equal: boolean;
  readonly bytes: number;
  readonly frames: number;
}

/** What the demo measured. All bytes run from server to consumer, after the HTTP upgrade. */
export interface Summary {
  /** Whether the server and every consumer hold what the editor wrote. */
  readonly equal: boolean;
  /** UTF-8 of all text that the editor inserted. */
  readonly rawBytes: number;
  /** What sending the whole content with every token would have cost. */
  readonly naiveBytes: number;
  readonly wire: {
    readonly plain: {
      readonly bytes: number;
      /** To `rawBytes`. */
      readonly ratio: number;
      readonly frames: number;
      readonly controlBytes: number;
      /** Appends in their short form, and their bytes beyond the text. */
      readonly appends: { readonly frames: number; readonly mean: number; readonly most: number };
    };
  };
  readonly lateJoin: {
    readonly bytes: number;
    readonly textBytes: number;
    readonly parts: number;
    readonly messages: number;
  };
  /** Milliseconds from the editor's call to the consumer's state. */
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly consumers: readonly ConsumerSummary[];
  /** Where connections were cut on purpose: how many, and what coming back cost each time. */
  readonly chaos?: {
    readonly cuts: number;
    readonly rejoins: readonly { readonly name: string; readonly bytes: readonly number[] }[];
  };
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** The figures of the consumer that was there from the start. */
export function plainWire(passed: Passed, rawBytes: number): Summary["wire"]["plain"] {
  const { bytes, frames, controlBytes, appends } = passed;
  const { count, overhead, most } = appends;
  const ratio = round(bytes / Math.max(1, rawBytes), 3);
  const mean = round(overhead / Math.max(1, count));
  return { bytes, ratio, frames, controlBytes, appends: { frames: count, mean, most } };
}

/** The summary as a table, with DESIGN's budgets beside what was measured. */
export function summaryText(summary: Summary, differ: readonly string[]): string {
  const { rawBytes, naiveBytes, lateJoin, latency } = summary;
  const { plain } = summary.wire;
  const budget = lateJoin.textBytes + 200 + 32 * lateJoin.parts + 64 * lateJoin.messages;
  const rows: [string, string, string][] = [
    ["", "measured", "budget"],
    ["text inserted", `${rawBytes} B`, ""],
    ["resending everything", `${naiveBytes} B = ${times(naiveBytes, rawBytes)}`, ""],
    [
      "to a consumer",
      `${plain.bytes} B = ${times(plain.bytes, rawBytes)} in ${plain.frames} frames`,
      "",
    ],
    [
      "beyond an append's text",
      `${plain.appends.mean} B, at most ${plain.appends.most} B`,
      "3 B, 6 B in turn, +2 B from 126 B",
    ],
    ["control bytes", `${plain.controlBytes} B`, summary.chaos ? "" : "300 B"],
    ["late join", `${lateJoin.bytes} B for ${lateJoin.textBytes} B of content`, `${budget} B`],
    ["latency, throttle of 100 ms", `p50 ${latency.p50} ms, p99 ${latency.p99} ms`, ""],
    ...summary.consumers.map(({ name, codec, equal, bytes }): [string, string, string] => [
      `consumer ${name} (${codec})`,
      `${bytes} B, ${equal ? "equal" : "DIFFERENT"}`,
      "equal",
    ]),
    ...chaosRows(summary.chaos),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const verdict = summary.equal
    ? "Every digest equals the editor's."
    : `NOT EQUAL to what the editor wrote: ${differ.join(", ")}.`;
  return `${table.join("\n")}\n\n${verdict}\n`;
}

function chaosRows(chaos: Summary["chaos"]): [string, string, string][] {
  if (!chaos) return [];
  const rejoins = chaos.rejoins.map(({ name, bytes }): [string, string, string] => {
    const costs = bytes.length > 0 ? `${bytes.join(", ")} B until up to date` : "none";
    return [`rejoins of ${name}`, costs, ""];
  });
  return [["connections cut", `${chaos.cuts}`, ""], ...rejoins];
}

const times = (bytes: number, raw: number): string =>
  `${(bytes / Math.max(1, raw)).toFixed(2)} x the text`;
