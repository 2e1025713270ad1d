import { bytes, count, ratio, time } from "../report/format.js";
import type { Table } from "../report/table.js";
import type { AppendsRow, Medians, Results } from "../results.js";

type Part<Name extends keyof NonNullable<Results["scaling"]>> = NonNullable<
  Results["scaling"]
>[Name];

/** How each log is called in a table. */
const LOGS: Readonly<Record<string, string>> = {
  level: "LevelDB",
  "level-synced": "LevelDB, each synced",
  redis: "Redis",
  cluster: "Redis Cluster, 3 masters",
};

/** How the ways from a producer to a consumer are called. */
const PATHS: Readonly<Record<string, string>> = {
  "one-memory": "one server, in memory",
  "one-level": "one server, in LevelDB",
  "one-redis": "one server, in Redis",
  "two-redis": "two servers, over Redis",
};

const microseconds = (value: number | undefined): string =>
  value === undefined ? "–" : time(value * 1e3);

const milliseconds = (value: number): string => time(value * 1e6);

function appendsTable(appends: Part<"appends">): Table {
  const line = (log: string, load: string, row: Medians<AppendsRow>) => {
    const [channels, processes] = load.split("x");
    return [
      `${LOGS[log] ?? log}: ${count(Number(channels))} / ${processes}`,
      row.toBare ? ratio(row.toBare.perSecond) : "–",
      row.toBare?.logCpu === undefined ? "–" : ratio(row.toBare.logCpu),
      count(row.perSecond),
      microseconds(row.cpu),
      microseconds(row.logCpu),
    ];
  };
  return {
    title: "Appends to a log",
    note:
      "Records of 128 B, each after the last one of its channel; channels at once / processes that " +
      "append. Bare is the same bytes written without any question: XADD by the same client, or the " +
      "end of a file. Redis, its clients and, of a cluster, the replicas share the cores of this " +
      "machine: processor time tells more than what comes a second.",
    head: [
      "",
      "rate to bare",
      "Redis' CPU to bare",
      "a second",
      "CPU of who appends",
      "CPU of Redis",
    ],
    rows: Object.entries(appends).flatMap(([log, rows]) =>
      Object.entries(rows).map(([load, row]) => line(log, load, row)),
    ),
  };
}

function contentionTable(contention: NonNullable<Part<"contention">>): Table {
  return {
    title: "Servers that write to one channel",
    note: "Each as fast as it can, over one Redis. A conflict: another one was first.",
    head: ["servers", "records a second", "conflicts a record"],
    rows: Object.entries(contention).map(([servers, row]) => [
      servers,
      count(row.perSecond),
      ratio(row.conflictsPerRecord),
    ]),
  };
}

function costsTable(costs: Part<"costs">): Table {
  const print = { B: bytes, µs: microseconds, "/s": count } as const;
  return {
    title: "What a channel takes, and what servers do for each other",
    head: ["", "each"],
    rows: Object.values(costs).map(({ what, value, unit }) => [what, print[unit](value)]),
  };
}

function pathsTable(paths: Part<"paths">): Table {
  return {
    title: "From a producer to a consumer's state",
    note:
      "100 tokens a second, each sent at once, five consumers. Every process is on this machine; " +
      "between two machines the network comes on top.",
    head: ["", "p50 to one", "p99 to one", "p50", "p99"],
    rows: Object.entries(paths).map(([path, { p50, p99, toOne }]) => [
      PATHS[path] ?? path,
      ratio(toOne.p50),
      ratio(toOne.p99),
      milliseconds(p50),
      milliseconds(p99),
    ]),
  };
}

/** What it takes to grow. */
export function scalingTables({ scaling }: Results): Table[] {
  if (!scaling) return [];
  const { appends, contention, costs, paths } = scaling;
  return [
    appendsTable(appends),
    ...(contention ? [contentionTable(contention)] : []),
    costsTable(costs),
    pathsTable(paths),
  ];
}
