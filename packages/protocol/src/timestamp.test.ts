import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTime } from "./testing/times.js";
import { parseTimestamp, timestampText } from "./timestamp.js";

describe("timestamps", () => {
  it("stand for exactly the texts that come back as they were", () => {
    fc.assert(
      fc.property(anyTime, (text) => {
        const moment = parseTimestamp(text);
        if (moment) expect(timestampText(moment)).toBe(text);
        // The platform's own calendar says whether there is such a moment, and how it is stated.
        const date = new Date(text);
        const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString();
        const isExact = iso === text && date.getTime() < 2 ** 34 * 1000;
        const isWhole = iso.replace(".000Z", "Z") === text && date.getTime() < 2 ** 32 * 1000;
        expect(moment !== undefined).toBe((isExact || isWhole) && date.getTime() >= 0);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2106-02-07T06:28:15Z", 2 ** 32 - 1],
    ["2514-05-30T01:53:03.999Z", 2 ** 34 - 1],
    ["2000-02-29T23:59:59.000Z", 951_868_799],
    ["2100-02-28T12:00:00Z", 4_107_499_200],
  ])("%s is one", (text, seconds) => {
    expect(parseTimestamp(text)?.seconds).toBe(seconds);
  });

  it.each([
    ...["1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "2514-05-30T01:53:04.000Z"],
    ...[
      "2100-02-29T12:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
    ],
    ...[
      "2026-04-31T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z",
    ],
    ...[
      "2026-01-01t00:00:00Z",
      "2026-01-01T00:00:00z",
      "2026-01-01T00:00:00,000Z",
      "2026-1-01T000:00:00Z",
    ],
    ...[
      "2026-01-01T00:00:00.00Z",
      "2026-01-01T00:00:00.0000Z",
      "+026-01-01T00:00:00Z",
      "２026-01-01T00:00:00Z",
    ],
  ])("%s stays a text", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
