import { describe, expect, test } from "vitest";
import { charts } from "../bench/charts/all.js";
import { merged } from "../bench/merge.js";
import { comparisons } from "../bench/report/comparisons.js";
import { conditions, holds } from "../bench/report/conditions.js";
import { medians, spread } from "../bench/report/figures.js";
import { latest, outdated } from "../bench/report/files.js";
import { bytes, ratio, time } from "../bench/report/format.js";
import { losses } from "../bench/report/losses.js";
import { misquotes, quoted } from "../bench/report/quotes.js";
import { document, terminalReport } from "../bench/report/report.js";
import { terminalTable } from "../bench/report/table.js";
import { missed, summary, verdict } from "../bench/report/verdict.js";
import type { Results } from "../bench/results.js";
import { example, withValue } from "./bench-example.js";

const targetRow = {
  ...{ what: "a feed", value: 20, unit: "ms", target: 200, holds: true, details: {} },
};

const missedOf = (results: typeof example): string[] => [
  ...new Set(
    conditions(results)
      .filter((condition) => !holds(condition))
      .map(({ what }) => what),
  ),
];

describe("what must hold", () => {
  /** A value past its bound, and the condition that must notice. */
  const past: readonly (readonly [path: string, value: number, what: string])[] = [
    ["wire.agent.yjs.ratio", 1.19, "bytes plain, to the best peer"],
    ["wire.agent.yjs.deflated", 590, "bytes compressed, to the best peer with context takeover"],
    [
      "wire.agent.deltawire.takeover",
      588,
      "bytes compressed, to our own frames with context takeover",
    ],
    ["cpu.tool-argument.ai-sdk.encode", 833, "CPU to encode from 100 KB up, to the fastest"],
    ["growth.append.yjs.encode.100000", 833, "CPU to encode from 100 KB up, to the fastest"],
    ["cpu.tool-argument.ai-sdk.apply", 833, "CPU to apply from 100 KB up, to the fastest"],
    ["growth.append.yjs.apply.100000", 833, "CPU to apply from 100 KB up, to the fastest"],
    [
      "cpu.tool-argument.ai-sdk.read",
      19_900,
      "CPU to apply and read 64,000 deltas of a tool argument, of the AI SDK's reader to ours",
    ],
    ...["append", "backEdit"].flatMap((op) =>
      ["encoder", "server", "decoder"].map(
        (layer) =>
          [`growth.${op}.${layer}.slope`, 2.01, "a call on 10 MB, to one on 1 KB"] as const,
      ),
    ),
    ["claims.back-edit.figure", 201, "bytes of a back-edit"],
    [
      "fanout.1000.deltawire.toWs.perSecond",
      0.89,
      "deliveries a second to 1,000, to bare ws: one frame a turn",
    ],
    [
      "fanoutTen.1000.deltawire.toWs.perSecond",
      2.9,
      "deliveries a second to 1,000, to bare ws: ten due together",
    ],
    ["fanout.1000.socket-io.cpuPerMessage", 10, "CPU a delivery to 1,000, of Socket.IO to ours"],
    ["database.deltawire.reads", 1.1, "reads of PostgreSQL for 1,000 tokens in 10 s"],
    ["database.deltawire.writes", 51, "throttled writes of PostgreSQL for 1,000 tokens in 10 s"],
    ["database.deltawire.finalWrites", 2, "final writes of PostgreSQL for 1,000 tokens in 10 s"],
    ["idle.deltawire.aboveWs", 4097, "bytes of an idle subscriber above bare ws"],
    ["stalled.deltawire.bytesPerConsumer", 51_201, "bytes of a stalled consumer of 20 MB"],
    ["stalled.deltawire.heldPerConsumer", 51_201, "bytes of a stalled consumer of 20 MB"],
    [
      "latejoin.4000.deltawire.bytes",
      16_297,
      "bytes of a late join, to N + 200 + 32 a part + 64 a message",
    ],
    [
      "screen.growing.1048576.bindText.task",
      6.1,
      "an update on the screen by bindText, on the longest text to the shortest",
    ],
    ["screen.turn.useChat.busy", 2.5, "main thread for a turn, of useChat to ours"],
    [
      "payload.chat.+ timestamps.bytes",
      301,
      "bytes of ordinary messages, compact, to the same frames as JSON",
    ],
    ["targets.delivery.value", 99.9, "delivered (%)"],
    ["targets.p99.value", 50.1, "response, p99 (ms)"],
  ];

  test("holds in the example", () => {
    expect(missedOf(example)).toEqual([]);
    expect(summary(conditions(example))).toBe(`All ${conditions(example).length} conditions hold.`);
    expect(missed(conditions(example))).toBeUndefined();
  });

  test.each(past)("%s of %d is noticed", (path, value, what) => {
    expect(missedOf(withValue(path, value))).toEqual([what]);
  });

  test("every condition is in the list above", () => {
    const asked = new Set(conditions(example).map(({ what }) => what));
    expect([...new Set(past.map(([, , what]) => what))].sort()).toEqual([...asked].sort());
  });

  test("a value that is no number does not hold", () => {
    expect(missedOf(withValue("idle.deltawire.aboveWs", Number.NaN))).toHaveLength(1);
  });

  test("tells the worst value of each condition, and by how much a bound is missed", () => {
    const found = conditions(withValue("growth.backEdit.server.slope", 3));
    const row = ["5 of 6", "3.00", "≤ 2.00", "a call on 10 MB, to one on 1 KB (back-edit, server)"];
    expect(verdict(found).rows).toContainEqual(row);
    expect(missed(found)?.rows).toEqual([["3.00", "≤ 2.00", "by 50.0 %", row[3]]]);
  });
});

test("where ours wins little or loses is found in both directions", () => {
  const { rows } = losses(comparisons(example));
  expect(rows).toContainEqual(["bytes, plain", "yjs", "agent 1.08"]);
  expect(rows).toContainEqual(["CPU to apply", "yjs", "agent 0.90"]);
  expect(rows).toContainEqual(["bytes of a late join", "yjs", "4000 1.05"]);
  expect(rows).toContainEqual(["fan-out: rate", "ws", "1000 0.97"]);
  expect(rows.flat()).not.toContain("resend");
});

test("figures become medians, with the quartiles where they are", () => {
  const measured = { a: { b: { median: 2, low: 1, high: 4 }, c: 3 } };
  expect(medians(measured)).toEqual({ a: { b: 2, c: 3 } });
  expect(spread(measured)).toEqual({ a: { b: { low: 1, high: 4 } } });
});

test.each([
  [ratio(0.00423), "0.0042"],
  [ratio(0.594), "0.59"],
  [ratio(9.996), "10.0"],
  [ratio(99.96), "100"],
  [ratio(5280), "5,280"],
  [ratio(Number.NaN), "–"],
  [time(999.6), "1.00 µs"],
  [time(12_345), "12.3 µs"],
  [time(2e10), "20.0 s"],
  [bytes(0), "0 B"],
  [bytes(-1800), "-1.80 kB"],
  [bytes(20_971_520), "21.0 MB"],
])("%s", (formatted, expected) => expect(formatted).toBe(expected));

describe("tables", () => {
  const long = "word ".repeat(30).trim();

  test("keep to 100 columns", () => {
    const head = ["", ...Array.from({ length: 14 }, (_, i) => `column-${i}xxxxxx`)];
    const figures = { title: "T", note: long, head, rows: [["name", ...head.slice(1)]] };
    const prose = { title: "T", head: ["a", "b"], rows: [["x", long]], isProse: true } as const;
    for (const table of [figures, prose]) {
      const lines = terminalTable(table).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    }
    for (const name of head.slice(1)) expect(terminalTable(figures)).toContain(name);
  });

  test("the report for a terminal and the document show the same figures", () => {
    const marked = document(example, charts(example));
    const said = terminalReport(example);
    expect(said).toMatch(/^deltawire +1\.20 +1\.20$/m);
    expect(marked).toContain("| deltawire | 1.20 | 1.20 |");
    expect(said).toMatch(/^resend +>90\.0 +–$/m);
    // Twice ours; quartiles are a median apart.
    expect(said).toMatch(/^yjs +~2\.00× +–$/m);
    expect(Math.max(...said.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(100);
    for (const { file } of charts(example)) expect(marked).toContain(`(results/${file})`);
  });

  test("what a reader of a feed waits, way by way", () => {
    const report = terminalReport(example);
    expect(report).toMatch(/sequential: one query after the other +2\.60 s +2\.60 s\n/);
    expect(report).toMatch(/cached +9\.50 ms +12\.0 ms\n/);
    const none = { ...example, feedWays: {} };
    expect(terminalReport(none)).not.toContain("A feed of 15 queries");
  });

  test("what it takes to grow, with and without Redis", () => {
    const said = terminalReport(example);
    expect(said).toMatch(/^LevelDB: 100 \/ 1 +0\.50 +– +50,000 +20\.0 µs +–$/m);
    expect(said).toMatch(/^Redis: 1,000 \/ 4 +0\.30 +5\.00 +9,000 +30\.0 µs +12\.0 µs$/m);
    expect(said).toMatch(/^2 +2,000 +0\.50$/m);
    expect(said).toMatch(/^memory of a record +170 B$/m);
    expect(said).toMatch(/^two servers, over Redis +3\.00 +2\.00 +1\.50 ms +4\.00 ms$/m);
    const { contention, ...alone } = example.scaling ?? { appends: {}, costs: {}, paths: {} };
    expect(contention).toBeDefined();
    const without = terminalReport({ ...example, scaling: alone });
    expect(without).not.toContain("Servers that write to one channel");
  });

  test("a section that was not measured is left out", () => {
    const { date, effort, machine, versions, spread, idle = {} } = example;
    const report = terminalReport({ date, effort, machine, versions, spread, idle });
    expect(report).toContain("idle connection");
    expect(report).not.toContain("Fan-out");
  });
});

test("charts say in words what they show, and are well-formed", () => {
  const all = charts(example);
  expect(all.map(({ file }) => file)).toEqual(["bytes.svg", "cpu.svg", "fanout.svg"]);
  for (const { svg } of all) {
    expect(svg).toMatch(/<title id="t">.+<\/title>\n {2}<desc id="d">.*deltawire.*<\/desc>/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  }
});

describe("quotes", () => {
  const right = "is <!-- bench wire.agent.deltawire.ratio -->1.20<!-- /bench --> here";
  const quotient =
    "<!-- bench wire.agent.resend.ratio / wire.agent.yjs.ratio -->69.2<!-- /bench -->";
  const unit = "<!-- bench idle.ws.bytesPerConnection as bytes -->9.00 kB<!-- /bench -->";

  test.each([right, quotient, unit])("%s is right", (text) => {
    expect(misquotes(text, example)).toEqual([]);
    expect(quoted(text, example)).toBe(text);
  });

  test("an example in code is none", () => {
    const code = `\`\`\`md\n${right.replace("1.20", "7")}\n\`\`\`\n`;
    expect(misquotes(code, example)).toEqual([]);
    expect(quoted(code + right, example)).toBe(code + right);
  });

  test("a wrong number is told, and put right", () => {
    const wrong = right.replace("1.20", "1.19");
    expect(misquotes(wrong, example)).toEqual(['"wire.agent.deltawire.ratio" is 1.20, not 1.19']);
    expect(quoted(wrong, example)).toBe(right);
  });

  test.each([
    right.replace("agent", "nothing"),
    right.replace(".ratio", ""),
    unit.replace("as bytes", "as miles"),
    right.replace("<!-- /bench -->", ""),
    right.replace("<!-- bench", "<!-- bench\n"),
  ])("%s is told", (text) => expect(misquotes(text, example)).toHaveLength(1));

  test("what a later run has measured takes its place, and the report says when", () => {
    const feed = { first: { ...targetRow, value: 21 } };
    const later: Results = {
      ...{ date: "2026-12-24T18:00:00Z", effort: "full", machine: example.machine },
      versions: { pg: "9.0.0" },
      feed,
      spread: {},
    };
    const results = merged(example, later, ["feed"]);
    expect(results).toMatchObject({ date: example.date, wire: example.wire, feed });
    expect(results.versions).toEqual({ ...example.versions, pg: "9.0.0" });
    expect(merged(results, results, [])).toEqual(results);
    expect(document(results, []).replaceAll("\n", " ")).toContain(
      "Apart from that: `npm run bench -- feed --full --write` on 2026-12-24.",
    );
  });

  test("documents are those of the latest results, and of no others", () => {
    const results = latest();
    expect(outdated(results)).toEqual([]);
    const ours = results.wire?.agent?.deltawire;
    const agent = { ...results.wire?.agent, deltawire: { ...ours, ratio: 77 } };
    const other = { ...results, wire: { ...results.wire, agent } } as typeof results;
    expect(outdated(other)).toEqual(
      expect.arrayContaining(["README.md", "bench/RESULTS.md", "bench/results/bytes.svg"]),
    );
  });
});
