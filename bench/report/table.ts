/** Rows of words; the first column names them, the others are figures. */
export interface Table {
  readonly title: string;
  /** What one must know to read it. */
  readonly note?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether all columns hold words. */
  readonly isProse?: true;
}

/** Characters of a line in a terminal. */
const WIDTH = 100;
const GAP = "  ";

/** A table for a terminal; columns that find no room follow below, beside the names again. */
export function terminalTable(table: Table): string {
  const { title, note } = table;
  const heading = [title, "─".repeat(width(title)), ...(note === undefined ? [] : [wrapped(note)])];
  return `${heading.join("\n")}\n\n${table.isProse ? terminalProse(table) : terminalFigures(table)}`;
}

function terminalFigures({ head, rows }: Table): string {
  const heads = head.map(halves);
  const above = heads.some(([first]) => first !== "") ? [heads.map(([first]) => first)] : [];
  const all = [...above, heads.map(([, second]) => second), ...rows];
  const widths = widthsOf(all);
  const line = (row: readonly string[], columns: readonly number[]) =>
    columns.map((i) => pad(row[i] ?? "", widths[i] ?? 0, i === 0)).join(GAP);
  return chunks(widths)
    .map((columns) => all.map((row) => line(row, columns).trimEnd()).join("\n"))
    .join("\n\n");
}

/** The last column goes on in lines of its own. */
function terminalProse({ head, rows }: Table): string {
  const all = [head, ...rows];
  const widths = widthsOf(all).slice(0, -1);
  const left = widths.reduce((sum, wide) => sum + wide + GAP.length, 0);
  return all
    .map((row) => {
      const first = widths.map((wide, i) => pad(row[i] ?? "", wide, true) + GAP).join("");
      return (
        first + wrapped(row.at(-1) ?? "", WIDTH - left).replaceAll("\n", `\n${" ".repeat(left)}`)
      );
    })
    .map((line) => line.trimEnd())
    .join("\n");
}

/** A name of a column in two lines, where it has two parts. */
function halves(name: string): readonly [string, string] {
  const [first = "", second] = name.split(/(?<=-)|(?<= )/, 2);
  return second === undefined ? ["", name] : [first.trim(), name.slice(first.length)];
}

const widthsOf = (rows: readonly (readonly string[])[]): number[] =>
  (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ""))));

/** A table for a document. */
export function markdownTable({ title, note, head, rows, isProse }: Table, level: number): string {
  const heading = `${"#".repeat(level)} ${title}`;
  const table = markdownRows(head, rows, isProse === true);
  return [heading, ...(note === undefined ? [] : [wrapped(note)]), table].join("\n\n");
}

/** Rows for a document, figures to the right. */
export function markdownRows(
  head: readonly string[],
  rows: Table["rows"],
  isProse: boolean,
): string {
  const rule = head.map((_, i) => (i === 0 || isProse ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Text in lines. */
export function wrapped(text: string, columns: number = WIDTH): string {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + word.length < columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

const width = (cell: string): number => [...cell].length;

function pad(cell: string, to: number, isLeft: boolean): string {
  const blank = " ".repeat(Math.max(0, to - width(cell)));
  return isLeft ? cell + blank : blank + cell;
}

/** Columns that go side by side, the first one in each. */
function chunks(widths: readonly number[]): number[][] {
  const [first = 0] = widths;
  const found: number[][] = [];
  let used = WIDTH;
  for (const [i, wide] of widths.entries()) {
    if (i === 0) continue;
    if (used + GAP.length + wide > WIDTH) {
      found.push([0]);
      used = first;
    }
    found.at(-1)?.push(i);
    used += GAP.length + wide;
  }
  return found;
}
