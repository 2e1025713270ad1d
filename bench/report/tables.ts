import { databaseTables } from "../database/report.js";
import { feedTables } from "../feed/report.js";
import { payloadTables } from "../payload/report.js";
import type { LateJoinRow, Medians, Named, Results, WireRow } from "../results.js";
import { scalingTables } from "../scaling/report.js";
import { screenTables } from "../screen/report.js";
import { EDITS, OURS, TRACE } from "./comparisons.js";
import { spreadAt } from "./figures.js";
import { bytes, count, ratio, size, time } from "./format.js";
import type { Table } from "./table.js";

const NOTHING = "–";

/** Every name in the inner objects, ours first. */
function peersOf(rows: Named<Named<unknown>>): string[] {
  const all = new Set(Object.values(rows).flatMap((row) => Object.keys(row)));
  return [...all].sort((a, b) => Number(b === OURS) - Number(a === OURS));
}

/** What a matrix shows of a row. */
interface Cell<Row> {
  value(row: Row, ours: Row | undefined): number;
  print(value: number, peer: string): string;
  /** What stands before it. */
  mark?(row: Row, on: string, peer: string): string;
}

const geometric = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** A line for each peer, a column for each input; recorded streams share one. */
function matrix<Row>(
  table: Pick<Table, "title" | "note">,
  rows: Named<Named<Row>>,
  { value, print, mark = () => "" }: Cell<Row>,
): Table {
  const inputs = Object.keys(rows).filter((input) => !input.startsWith(TRACE));
  const traces = Object.values(rows).filter((_, i) => Object.keys(rows)[i]?.startsWith(TRACE));
  const mean = (peer: string): string => {
    const values = traces.flatMap((row) => {
      const [theirs, ours] = [row[peer], row[OURS]];
      return theirs === undefined ? [] : [value(theirs, ours)];
    });
    return values.length === 0 ? NOTHING : print(geometric(values), peer);
  };
  const lines = peersOf(rows).map((peer) => [
    peer,
    ...inputs.map((input) => {
      const row = rows[input]?.[peer];
      if (row === undefined) return NOTHING;
      return mark(row, input, peer) + print(value(row, rows[input]?.[OURS]), peer);
    }),
    ...(traces.length > 0 ? [mean(peer)] : []),
  ]);
  const last = traces.length > 0 ? [`${traces.length} traces`] : [];
  return { ...table, head: ["", ...inputs, ...last], rows: lines };
}

/** The whole input, window by window, would be more still. */
const begun = ({ windows }: { readonly windows?: number }): string =>
  windows === undefined ? "" : ">";

const deflatedOf = ({ deflated, ratio, bytes }: WireRow): number => (deflated * ratio) / bytes;

function wire({ wire }: Results): Table[] {
  if (wire === undefined) return [];
  const plain = matrix(
    {
      title: "Bytes, to the raw text",
      note:
        "What one consumer receives for a whole input, framing included, divided by its text in " +
        "UTF-8. Windows of 100 ms, but for peers that send each token. – where a peer cannot carry " +
        "it; > where it was stopped, since it grows with the square of the text. Of recorded " +
        "streams (traces) the geometric mean.",
    },
    wire,
    { value: ({ ratio }) => ratio, print: ratio, mark: (row) => begun(row) },
  );
  const deflated = matrix(
    {
      title: "Bytes compressed, to the raw text",
      note:
        "Ours by the state as dictionary, with nothing kept for a connection; the others, and our " +
        "plain frames in the second line, by permessage-deflate with context takeover, events and " +
        "lines by gzip.",
    },
    wire,
    { value: deflatedOf, print: ratio, mark: (row) => begun(row) },
  );
  return [plain, { ...deflated, rows: withTakeover(deflated, wire) }, losing(wire)];
}

/** The lines of a table, with our plain frames on a compressed connection below our own. */
function withTakeover({ rows }: Table, wire: NonNullable<Results["wire"]>): Table["rows"] {
  const ours = Object.entries(wire).flatMap(([input, { [OURS]: row }]) =>
    row?.takeover === undefined ? [] : [[input, { [OURS]: { ...row, deflated: row.takeover } }]],
  );
  if (ours.length === 0) return rows;
  const own = matrix({ title: "" }, Object.fromEntries(ours), { value: deflatedOf, print: ratio });
  const cells = own.rows[0]?.slice(1) ?? [];
  return [...rows.slice(0, 1), [`${OURS}, takeover`, ...cells], ...rows.slice(1)];
}

/** What each peer does where a frame is lost, on how many inputs. */
function losing(wire: NonNullable<Results["wire"]>): Table {
  const rows = peersOf(wire).map((peer) => {
    const met = Object.values(wire).flatMap((row) => row[peer]?.loss ?? []);
    const kinds = [...new Set(met)].filter((loss) => loss !== "too short");
    const said = kinds.map((loss) => [met.filter((other) => other === loss).length, loss]);
    return [peer, said.map(([times, loss]) => `${loss} on ${times}`).join(", ")];
  });
  return {
    title: "A frame that is lost",
    note:
      "A frame in the middle is left out. noticed: the consumer knows; unharmed: what follows makes " +
      "it good; silent: it shows something else than was written, and nobody is told.",
    head: ["", "on how many inputs"],
    rows,
    isProse: true,
  };
}

const CPU_NOTE =
  "Ours in time, the others in times ours: below 1 they are faster. ~ where the quartiles are apart " +
  "by more than a quarter of the median.";

/** Whether quartiles are apart by more than a quarter of the median. */
function isRough({ spread }: Results, path: readonly string[], median: number): boolean {
  const quartiles = spreadAt(spread, path);
  return quartiles !== undefined && quartiles.high - quartiles.low > 0.25 * median;
}

/** Ours in itself, the others in times ours. */
const timesOurs = (figure: (value: number) => string) => (value: number, peer: string) =>
  peer === OURS ? figure(value).replace(" ", "") : `${ratio(value)}×`;

function cpu(results: Results): Table[] {
  const { cpu } = results;
  if (cpu === undefined) return [];
  const inTime = <Row>(figure: (row: Row) => number, name: string): Cell<Row> => ({
    value: (row, ours) => (row === ours || !ours ? figure(row) : figure(row) / figure(ours)),
    print: timesOurs(time),
    mark: (row, on, peer) => (isRough(results, ["cpu", on, peer, name], figure(row)) ? "~" : ""),
  });
  const tables = (["encode", "apply", "read"] as const).map((step) => {
    const what = step === "read" ? "apply and read" : step;
    const title = `CPU to ${what} a window`;
    const note = step === "encode" && { note: CPU_NOTE };
    return matrix(
      { title, ...note },
      cpu,
      inTime((row) => row[step], step),
    );
  });
  const servers = Object.entries(cpu).flatMap(([input, { [OURS]: row }]) =>
    row?.relay === undefined ? [] : [[input, { [OURS]: { relay: row.relay } }]],
  );
  if (servers.length === 0) return tables;
  const relays: Named<Named<{ readonly relay: number }>> = Object.fromEntries(servers);
  const title = "CPU of our server a window";
  return [
    ...tables,
    matrix(
      { title },
      relays,
      inTime(({ relay }) => relay, "relay"),
    ),
  ];
}

function latejoin({ latejoin }: Results): Table[] {
  if (latejoin === undefined) return [];
  const table = (title: string, note: string, figure: "bytes" | "deflated"): Table => {
    const measured = Object.entries(latejoin).map(([tokens, row]) => {
      const peers = Object.entries(row).filter(([, of]) => of[figure] !== undefined);
      return [`${count(Number(tokens))} tokens`, Object.fromEntries(peers)];
    });
    const rows: NonNullable<Results["latejoin"]> = Object.fromEntries(measured);
    const of = (row: Medians<LateJoinRow>): number => row[figure] ?? Number.NaN;
    return matrix({ title, note }, rows, {
      value: (row, ours) => (row === ours || !ours ? of(row) : of(row) / of(ours)),
      print: timesOurs(bytes),
      mark: (row) => begun(row),
    });
  };
  return [
    table("Bytes of a late join", LATE_NOTE, "bytes"),
    table("Bytes of a late join, compressed", "Likewise.", "deflated"),
  ].filter(({ rows }) => rows.length > 0);
}

const LATE_NOTE =
  "Ours in bytes, the others in times ours; > where the text took too long to write.";

function growth({ growth }: Results): Table[] {
  if (growth === undefined) return [];
  const rows = Object.entries(growth).flatMap(([op, layers]) =>
    Object.entries(layers).map(([layer, row]) => ({ op: EDITS[op] ?? op, layer, row })),
  );
  const sizes = [...new Set(rows.flatMap(({ row }) => Object.keys(row.sizes)))].sort(
    (a, b) => Number(a) - Number(b),
  );
  const table = (title: string, note: string, some: typeof rows): Table => ({
    title,
    note,
    head: ["", "largest to smallest", ...sizes.map((text) => size(Number(text)))],
    rows: some.map(({ op, layer, row }) => [
      `${op}, ${layer}`,
      ratio(row.slope),
      ...sizes.map((text) => (row.sizes[text] === undefined ? NOTHING : time(row.sizes[text]))),
    ]),
  });
  const isPeer = ({ row }: (typeof rows)[number]) => row.encode !== undefined;
  const layers = table(
    "Growth of ours, layer by layer",
    "What a call takes in each layer as the text grows.",
    rows.filter((row) => !isPeer(row)),
  );
  const peers = table(
    "Growth of everyone",
    "To encode and to apply one window. A peer is measured up to where a window takes too long.",
    rows.filter(isPeer),
  );
  return [layers, peers].filter(({ rows }) => rows.length > 0);
}

function fanoutTable(title: string, note: string, fanout: Results["fanout"]): Table[] {
  return Object.entries(fanout ?? {}).map(([n, peers], i) => ({
    title: `${title}, ${count(Number(n))} consumers`,
    ...(i === 0 && { note }),
    head: ["", "rate to ws", "CPU to ws", "a second", "CPU each", "p50", "p99", "p99.9"],
    rows: peersOf({ peers }).flatMap((peer) => {
      const row = peers[peer];
      if (row === undefined) return [];
      const { toWs, perSecond, cpuPerMessage, p50, p99, p999 } = row;
      const late = [p50, p99, p999].map((ms) => time(ms * 1e6));
      const ratios = [ratio(toWs.perSecond), ratio(toWs.cpuPerMessage)];
      return [[peer, ...ratios, count(perSecond), time(cpuPerMessage * 1e3), ...late]];
    }),
  }));
}

function memory({ idle, stalled }: Results): Table[] {
  const connections = Object.entries(idle ?? {}).map(([peer, row]) => {
    return [peer, bytes(row.aboveWs), bytes(row.bytesPerConnection), bytes(row.resident)];
  });
  const consumers = Object.entries(stalled ?? {}).map(([peer, row]) => {
    return [peer, bytes(row.heldPerConsumer), bytes(row.bytesPerConsumer)];
  });
  const all: Table[] = [
    {
      title: "Memory of a server for each idle connection",
      note: "Subscribed, nothing sent. The process is what the operating system counts.",
      head: ["", "above ws", "heap and external", "process"],
      rows: connections,
    },
    {
      title: "Memory of a server for each consumer that does not read",
      note:
        "Of a channel of 20 MB that grows: the slope over 20 to 200 of them, from 0 in a full run. " +
        "The process is what the operating system counts.",
      head: ["", "heap and external", "process"],
      rows: consumers,
    },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

/** All that was measured, section by section; ratios before times. */
export function tables(results: Results): Table[] {
  return [
    ...wire(results),
    ...cpu(results),
    ...latejoin(results),
    ...payloadTables(results),
    ...feedTables(results),
    ...growth(results),
    ...databaseTables(results),
    ...scalingTables(results),
    ...fanoutTable(
      "Fan-out, one frame a turn",
      "At saturation, but for the delays, which are at a fixed rate. raw-socket is the limit.",
      results.fanout,
    ),
    ...fanoutTable("Fan-out, ten frames due together", "Likewise.", results.fanoutTen),
    ...memory(results),
    ...screenTables(results),
  ];
}
