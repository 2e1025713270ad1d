import type { Amount, Flow, Recorder, Totals } from "@deltawire/inspector";

/** Columns of the table, with their width; the first is as wide as what it says. */
const COLUMNS = ["frames", "bytes", "content"] as const;
const WIDTH = 12;

/** The totals of each channel, and of everything, as text. */
export function totalsTable(recorder: Recorder): string {
  const rows: (readonly [name: string, amount: Amount & { readonly content?: number }])[] = [];
  const counts: string[] = [];
  const add = (name: string, totals: Totals | undefined) => {
    if (!totals) return;
    for (const way of ["received", "sent"] as const) {
      rows.push([`${name}, ${way}`, totals[way]]);
      for (const [kind, amount] of bySize(totals[way])) rows.push([`  ${kind}`, amount]);
    }
    const { joins, repairs, resets, ignored, overhead } = totals;
    counts.push(
      `${name}: ${grouped(overhead)} bytes beyond the content, joins ${joins}, repairs ${repairs}, ` +
        `resets ${resets}, ignored frames ${ignored}`,
    );
  };
  for (const channel of recorder.channels) add(channel, recorder.totals(channel));
  add("everything", recorder.totals());
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(WIDTH)).join("")}`.trimEnd();
  return [
    line("", COLUMNS),
    ...rows.map(([name, { frames, bytes, content }]) =>
      line(
        name,
        [frames, bytes, content].map((value) => (value === undefined ? "" : grouped(value))),
      ),
    ),
    "",
    ...counts,
  ].join("\n");
}

const bySize = ({ kinds }: Flow): [string, Amount][] =>
  [...kinds].sort(([, one], [, other]) => other.bytes - one.bytes);

const grouped = (value: number): string => value.toLocaleString("en-US");
