import type { Logger } from "@deltawire/server";

/** The levels of the log, each with those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A logger of one JSON object a line: `time` (RFC 3339), `level`, `msg`, and the fields. */
export function jsonLogger(
  least: LogLevel,
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): Logger {
  const log = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return () => undefined;
    return (fields: object, msg: string) => {
      const head = { time: now().toISOString(), level, msg };
      write(`${lineOf(head, fields)}\n`);
    };
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** Fields come after the head, and cannot change it. */
function lineOf(head: object, fields: object): string {
  try {
    return JSON.stringify({ ...head, ...fields, ...head }, (_key, value) =>
      value instanceof Error ? errorFields(value) : value,
    );
  } catch {
    return JSON.stringify(head); // what cannot be written must not end the server
  }
}

function errorFields(error: Error): object {
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  return { type: name, message, code, stack, cause };
}
