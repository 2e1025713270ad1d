import type { Named, Results, WireRow } from "../results.js";
import { OURS } from "./comparisons.js";
import { spreadAt } from "./figures.js";
import { bytes, count, ratio, time } from "./format.js";
import type { Table } from "./table.js";

const NOTHING = "–";

/** Every name in the inner objects, ours first. */
function peersOf(rows: Named<Named<unknown>>): string[] {
  const all = new Set(Object.values(rows).flatMap((row) => Object.keys(row)));
  return [...all].sort((a, b) => Number(b === OURS) - Number(a === OURS));
}

/** A line for each peer, a column for each input. */
function matrix<Row>(
  table: Pick<Table, "title" | "note">,
  rows: Named<Named<Row>>,
  cell: (row: Row, ours: Row | undefined, on: string, peer: string) => string,
): Table {
  const inputs = Object.keys(rows);
  const lines = peersOf(rows).map((peer) => [
    peer,
    ...inputs.map((input) => {
      const row = rows[input]?.[peer];
      return row === undefined ? NOTHING : cell(row, rows[input]?.[OURS], input, peer);
    }),
  ]);
  return { ...table, head: ["", ...inputs], rows: lines };
}

/** The whole input would be more still, to its text. */
const begun = ({ windows }: WireRow): string => (windows === undefined ? "" : ">");

function wire({ wire }: Results): Table[] {
  if (wire === undefined) return [];
  const plain = matrix(
    {
      title: "Bytes, to the raw text",
      note:
        "What one consumer receives for the whole input, framing included, divided by its text in " +
        "UTF-8. Windows of 100 ms, but for peers that send each token. – where a peer cannot carry it; > where it was stopped, since " +
        "it grows with the square of the text.",
    },
    wire,
    (row) => begun(row) + ratio(row.ratio),
  );
  const deflated = matrix(
    {
      title: "Bytes compressed, to the raw text",
      note:
        "Ours by the state as dictionary, nothing kept for a connection; the others by " +
        "permessage-deflate with context takeover, or gzip for events and lines.",
    },
    wire,
    (row) => begun(row) + ratio((row.deflated * row.ratio) / row.bytes),
  );
  const inputs = Object.keys(wire);
  const own = inputs.map((input) => {
    const row = wire[input]?.[OURS];
    if (row?.takeover === undefined) return NOTHING;
    return ratio((row.takeover * row.ratio) / row.bytes);
  });
  const [first = [], ...rest] = deflated.rows;
  const rows = own.some((cell) => cell !== NOTHING)
    ? [first, [`${OURS}, takeover`, ...own], ...rest]
    : deflated.rows;
  return [plain, { ...deflated, rows }, losing(wire)];
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

/** A median beside ours, or ours in itself; `~` where the quartiles are far apart. */
function against(
  results: Results,
  path: readonly string[],
  value: number,
  ours: number | undefined,
): string {
  const isOurs = path.includes(OURS);
  const spread = spreadAt(results.spread, path);
  const rough = spread !== undefined && spread.high - spread.low > 0.25 * value ? "~" : "";
  return rough + (isOurs || ours === undefined ? time(value) : `${ratio(value / ours)}×`);
}

const CPU_NOTE =
  "Ours in time, the others in times ours: below 1 they are faster. ~ where the quartiles are apart " +
  "by more than a quarter of the median.";

function cpu(results: Results): Table[] {
  const { cpu } = results;
  if (cpu === undefined) return [];
  return (["encode", "apply", "read"] as const).map((step) => {
    const what = step === "read" ? "apply and read" : step;
    const table = matrix(
      { title: `CPU to ${what} a window`, ...(step === "encode" && { note: CPU_NOTE }) },
      cpu,
      (row, ours, on, peer) => against(results, ["cpu", on, peer, step], row[step], ours?.[step]),
    );
    const relays = Object.values(cpu).map((row) => row[OURS]?.relay);
    if (step !== "encode" || relays.every((relay) => relay === undefined)) return table;
    const cells = relays.map((relay) => (relay === undefined ? NOTHING : time(relay)));
    const [first = [], ...rest] = table.rows;
    return { ...table, rows: [first, [`${OURS}, server`, ...cells], ...rest] };
  });
}

function latejoin({ latejoin }: Results): Table[] {
  if (latejoin === undefined) return [];
  const rows = Object.fromEntries(
    Object.entries(latejoin).map(([tokens, row]) => [`${count(Number(tokens))} tokens`, row]),
  );
  return [
    matrix(
      { title: "Bytes of a late join", note: "Ours in bytes, the others in times ours." },
      rows,
      (row, ours, _on, peer) =>
        peer === OURS || !ours ? bytes(row.bytes) : `${ratio(row.bytes / ours.bytes)}×`,
    ),
  ];
}

const OPS: Named<string> = { append: "append", backEdit: "back-edit", set: "set(full)" };

function growth({ growth }: Results): Table[] {
  if (growth === undefined) return [];
  const rows = Object.entries(growth).flatMap(([op, layers]) =>
    Object.entries(layers).map(([layer, row]) => ({ op: OPS[op] ?? op, layer, row })),
  );
  const sizes = [...new Set(rows.flatMap(({ row }) => Object.keys(row.sizes)))].sort(
    (a, b) => Number(a) - Number(b),
  );
  const table = (title: string, note: string, some: typeof rows): Table => ({
    title,
    note,
    head: ["", "largest to smallest", ...sizes.map((size) => bytes(Number(size)))],
    rows: some.map(({ op, layer, row }) => [
      `${op}, ${layer}`,
      ratio(row.slope),
      ...sizes.map((size) => (row.sizes[size] === undefined ? NOTHING : time(row.sizes[size]))),
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
    return [peer, bytes(row.bytesPerConsumer)];
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
      note: "Of a channel of 20 MB that grows; read from outside the process, the slope over 0 to 200.",
      head: ["", "process"],
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
    ...growth(results),
    ...fanoutTable(
      "Fan-out, one frame a turn",
      "At saturation, but for the delays, which are at a fixed rate. raw-socket is the limit.",
      results.fanout,
    ),
    ...fanoutTable("Fan-out, ten frames due together", "Likewise.", results.fanoutTen),
    ...memory(results),
  ];
}
