import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { readArguments } from "../bench/arguments.js";
import { spreadAt } from "../bench/report/figures.js";
import { terminalReport } from "../bench/report/report.js";
import type { Results } from "../bench/results.js";
import { run, SECTIONS } from "../bench/run.js";

// That the benchmark still measures what it says. Consumers that end with something else than what
// was written make it throw; how long anything took is not looked at.

describe("everything, at the smallest effort", () => {
  let results: Results;
  const lines: string[] = [];

  beforeAll(async () => {
    const middle = SECTIONS.indexOf("targets"); // about half of the time
    const [left, right] = await Promise.all(
      [SECTIONS.slice(0, middle), SECTIONS.slice(middle)].map((half) =>
        run(half, "smallest", (line) => lines.push(line)),
      ),
    );
    results = { ...left, ...right, spread: { ...left?.spread, ...right?.spread } } as Results; // both
  }, 180_000);

  test("has every section, in plain numbers that can be divided", () => {
    expect(Object.keys(results)).toEqual(
      expect.arrayContaining([
        "machine",
        "versions",
        "spread",
        "claims",
        "fanoutTen",
        "feedWays",
        ...SECTIONS,
      ]),
    );
    const numbers = JSON.stringify(results, (_, value) =>
      typeof value === "number" && !Number.isFinite(value) ? "no number" : value,
    );
    expect(numbers).not.toContain("no number");
    const {
      wire,
      cpu,
      latejoin,
      growth,
      fanout,
      fanoutTen,
      idle,
      stalled,
      targets,
      terminal,
      feed,
      graph,
      scaling,
      screen,
    } = results;
    const rows = (tree: object | undefined) => Object.values(tree ?? {})[0]?.deltawire;
    const number = expect.any(Number);
    expect(rows(wire)).toMatchObject({ bytes: number, ratio: number, deflated: number });
    expect(rows(wire)).toMatchObject({ takeover: number, loss: expect.any(String) });
    expect(rows(cpu)).toMatchObject({ encode: number, apply: number, read: number });
    expect(rows(latejoin)).toMatchObject({ bytes: number, budget: number });
    expect(growth?.append?.decoder).toMatchObject({ slope: number, exponent: number });
    const delivered = { perSecond: number, cpuPerMessage: number, p50: number, p99: number };
    expect(rows(fanout)).toMatchObject({ ...delivered, p999: number });
    expect(rows(fanoutTen)).toMatchObject({ ...delivered, p999: number });
    expect(idle?.deltawire?.bytesPerConnection).toEqual(number);
    expect(stalled?.deltawire).toEqual({ bytesPerConsumer: number, heldPerConsumer: number });
    const appended = { perSecond: number, cpu: number };
    expect(scaling?.appends["level-synced"]?.["100x1"]).toMatchObject(appended);
    expect(scaling?.costs["channel-memory"]).toMatchObject({ value: number, unit: "B" });
    expect(scaling?.paths["one-level"]).toMatchObject({ p50: number, p99: number });
    expect(screen?.growing["1024"]?.bindText).toEqual({
      task: number,
      script: number,
      layout: number,
    });
    expect(results.payload?.chat?.["+ timestamps"]).toEqual({ bytes: number, encode: number });
    expect(screen?.turn.deltawire).toMatchObject({ commitsPerSecond: number, busy: number });
    for (const row of Object.values({
      ...targets,
      ...results["agent-thread"],
      ...terminal,
      ...feed,
      ...graph,
      ...results["team-chat"],
    })) {
      expect(row).toMatchObject({ value: number, target: number, holds: expect.any(Boolean) });
    }
  });

  test("what is counted and not timed is inside its budget on any machine", () => {
    const counted = Object.entries(results.claims ?? {}).filter(([name]) => {
      const { low, high } = spreadAt(results.spread, ["claims", name, "figure"]) ?? {};
      return low === high;
    });
    expect(counted.length).toBeGreaterThan(3);
    for (const [name, { figure, budget }] of counted) {
      expect.soft(figure, name).toBeLessThanOrEqual(budget);
    }
  });

  test("can be told, and how far it was", () => {
    expect(terminalReport(results)).toContain("Must hold");
    expect(lines.filter((line) => /\d s$/.test(line))).toHaveLength(SECTIONS.length);
  });
});

describe("arguments", () => {
  test.each([
    [[], { sections: SECTIONS, isFull: false, isJson: false, isWritten: false }],
    [["--full", "--write"], { sections: SECTIONS, isFull: true, isWritten: true }],
    [["feed", "--write"], { sections: ["feed"], isFull: false, isWritten: true }],
    [["stalled", "wire", "--json"], { sections: ["wire", "stalled"], isJson: true }],
    [["report"], { sections: [], isWritten: true }],
  ])("%j are understood", (args, expected) => {
    expect(readArguments(args)).toMatchObject(expected);
  });

  test.each([["nothing"], ["--nothing"], ["report", "--json"], ["--json=1"]])(
    "%s %s are refused",
    (...args) => {
      expect(() => readArguments(args.filter((arg) => arg !== undefined))).toThrow(TypeError);
    },
  );

  test("wrong ones are told in one line", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "bench/main.ts", "nothing"],
      { cwd: new URL("..", import.meta.url), encoding: "utf8" },
    );
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      `bench: no section "nothing": there are ${SECTIONS.join(", ")}, and report\n`,
    );
  });
});
