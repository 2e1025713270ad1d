import { expect, test } from "vitest";
import { quoted } from "../bench/report/quotes.js";
import type { Results } from "../bench/results.js";
import { needs, needsTable } from "../bench/scaling/needs.js";
import { example } from "./bench-example.js";

const cost = (value: number) => ({ what: "", unit: "B", value }) as const;

/** Round costs, so that sums can be done by hand. */
const results = {
  ...example,
  wire: { "chat-20": { deltawire: { bytes: 5000 } } },
  idle: { deltawire: { resident: 20_000 } },
  fanout: { "1000": { deltawire: { cpuPerMessage: 5 } } },
  database: { deltawire: { bytes: 40_000 } },
  scaling: {
    appends: {},
    paths: {},
    costs: {
      frameHere: cost(250),
      frameThere: cost(150),
      frameRedis: cost(10),
      "channel-redis": cost(30_000),
      channel: cost(5000),
      lookServer: cost(50),
      lookRedis: cost(5),
    },
  },
} as unknown as Results; // what is left out is not looked at

const needsOf = (viewers: number, together: number) =>
  needs(results).find((one) => one.viewers === viewers && one.together === together);

test("an audience of one viewer a channel", () => {
  expect(needsOf(1000, 1)).toEqual({
    viewers: 1000,
    together: 1,
    records: 1000, // a tenth of 1,000 channels, ten a second
    spread: 1, // 400,000 µs of records, 5,000 of deliveries, 20,000 of looks in a second
    routed: 1,
    masters: 1,
    redisMemory: 5e6,
    written: 400_000,
    network: 608_000, // 100 viewers, 760 bytes a second
  });
  expect(needsOf(100_000, 1)).toMatchObject({ spread: 85, routed: 85, masters: 3 });
});

test("viewers of one channel on several servers take more of them", () => {
  // Routed: 400,000 µs of records, 500,000 of deliveries, 20,000 of looks.
  expect(needsOf(100_000, 100)).toMatchObject({ records: 1000, routed: 2, spread: 3 });
});

test("a document has the table, or nothing where something was not measured", () => {
  const document = "<!-- bench needs --><!-- /bench -->";
  expect(quoted(document, results)).toBe(
    `<!-- bench needs -->\n${needsTable(results)}\n<!-- /bench -->`,
  );
  expect(needsTable(results)).toContain("| 100,000 | 100 | 1,000 | 3 | 2 | 1 | 5 MB |");
  const { database: _, ...less } = results;
  expect(needs(less)).toEqual([]);
});
