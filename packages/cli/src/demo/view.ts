import type { WriteStream } from "node:tty";
import type { Summary } from "./summary.js";

/** What is going on. */
export interface Progress {
  readonly steps: number;
  readonly of: number;
  readonly seconds: number;
  readonly rawBytes: number;
  readonly naiveBytes: number;
  readonly upBytes: number;
  readonly consumers: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly frames: number;
  }[];
  readonly joinBytes: number;
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly tail: string;
}

/** Shows the demo while it runs, and what came of it. */
export interface View {
  show(progress: Progress): void;
  end(summary: Summary, text: string): void;
}

const kilobytes = (bytes: number): string =>
  bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1000).toLocaleString("en")} kB`;

function lines(progress: Progress): string[] {
  const { steps, of, seconds, rawBytes, naiveBytes, upBytes, latency } = progress;
  const filled = Math.round((20 * steps) / Math.max(1, of));
  const times = (bytes: number) => `${(bytes / Math.max(1, rawBytes)).toFixed(2)} x the text`;
  return [
    `${"#".repeat(filled)}${".".repeat(20 - filled)} ${steps}/${of} tokens in ${seconds.toFixed(1)} s`,
    `text so far           ${kilobytes(rawBytes)}`,
    `editor to server      ${kilobytes(upBytes)} (${times(upBytes)})`,
    ...progress.consumers.map(
      ({ name, bytes, frames }) =>
        `server to ${name.padEnd(12)}${kilobytes(bytes)} (${times(bytes)}) in ${frames} frames`,
    ),
    `resending everything  ${kilobytes(naiveBytes)} (${times(naiveBytes)})`,
    `latency               p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms`,
    progress.joinBytes > 0
      ? `late joiner           had everything after ${kilobytes(progress.joinBytes)}`
      : "late joiner           has not joined yet",
  ];
}

/** Repaints a terminal. */
export class LiveView implements View {
  readonly #out: WriteStream;
  #painted = 0;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  show(progress: Progress): void {
    const width = Math.max(20, this.#out.columns - 1);
    const text = tailLines(progress.tail, width - 2, 6).map(
      (line) => `\u001b[2m| ${line}\u001b[22m`,
    );
    this.#paint([...text, "", ...lines(progress).map((line) => line.slice(0, width))]);
  }

  end(_summary: Summary, text: string): void {
    this.#out.write(`\n${text}`);
  }

  #paint(next: readonly string[]): void {
    const up = this.#painted > 0 ? `\u001b[${this.#painted}A` : "";
    this.#out.write(`${up}${next.map((line) => `\u001b[2K${line}\n`).join("")}`);
    this.#painted = next.length;
  }
}

/** The last lines of a text, cut to a width; control characters are shown as spaces. */
function tailLines(text: string, width: number, count: number): string[] {
  const rows: string[] = Array(count).fill("");
  for (const line of text.replace(/[^\P{C}\n\u200d]/gu, " ").split("\n")) {
    let row = "";
    let cells = 0;
    for (const symbol of line) {
      // Wide scripts and emoji take two cells; whatever may be wide counts as wide.
      const wide = (symbol.codePointAt(0) ?? 0) > 0x10ff ? 2 : 1;
      if (cells + wide > width) {
        rows.push(row);
        row = "";
        cells = 0;
      }
      row += symbol;
      cells += wide;
    }
    rows.push(row);
  }
  return rows.slice(-count);
}

/** A line a second, where there is no terminal. */
export class PlainView implements View {
  #shownAt = Number.NEGATIVE_INFINITY;

  show(progress: Progress): void {
    if (progress.seconds - this.#shownAt < 1) return;
    this.#shownAt = progress.seconds;
    const [consumer] = progress.consumers;
    const bytes = consumer?.bytes ?? 0;
    console.log(
      `${progress.steps}/${progress.of} tokens: text ${progress.rawBytes} B, ` +
        `sent to a consumer ${bytes} B, resending everything ${progress.naiveBytes} B`,
    );
  }

  end(_summary: Summary, text: string): void {
    console.log(`\n${text}`);
  }
}

/** Nothing but the summary, as JSON. */
export class JsonView implements View {
  show(): void {}

  end(summary: Summary): void {
    console.log(JSON.stringify(summary));
  }
}
