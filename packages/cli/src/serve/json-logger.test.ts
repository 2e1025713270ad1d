import { expect, test } from "vitest";
import { jsonLogger, type LogLevel } from "./json-logger.js";

const at = new Date("2026-01-02T03:04:05.678Z");
function linesOf(level: LogLevel, log: (logger: ReturnType<typeof jsonLogger>) => void): string[] {
  const lines: string[] = [];
  log(
    jsonLogger(
      level,
      (line) => lines.push(line),
      () => at,
    ),
  );
  return lines;
}

test("a line is one JSON object: time, level, message, fields", () => {
  expect(linesOf("info", (log) => log.info({ code: 1000, text: "a\nb" }, "closed"))).toEqual([
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"closed","code":1000,"text":"a\\nb"}\n',
  ]);
});

test("fields cannot change what the line is", () => {
  const [line = ""] = linesOf("info", (log) => log.warn({ level: "info", msg: "x" }, "refused"));
  expect(JSON.parse(line)).toMatchObject({ level: "warn", msg: "refused" });
});

test("an error is told with its code, its stack and what it came from", () => {
  const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const [line = ""] = linesOf("error", (log) =>
    log.error({ err: new TypeError("lost", { cause }) }, "a defect"),
  );
  expect(JSON.parse(line).err).toMatchObject({
    type: "TypeError",
    message: "lost",
    stack: expect.stringContaining("json-logger.test"),
    cause: { message: "refused", code: "ECONNREFUSED" },
  });
});

test("what cannot be written does not end the process", () => {
  const [line = ""] = linesOf("error", (log) => log.error({ big: 1n }, "odd"));
  expect(JSON.parse(line)).toMatchObject({ level: "error", msg: "odd" });
});

test.each([
  ["debug", 4],
  ["warn", 2],
  ["silent", 0],
] as const)("from %s on there are %i of the four levels", (level, count) => {
  const lines = linesOf(level, (log) => {
    for (const name of ["debug", "info", "warn", "error"] as const) log[name]({}, name);
  });
  expect(lines).toHaveLength(count);
});
