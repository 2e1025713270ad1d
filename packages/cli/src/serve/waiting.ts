import type { Logger } from "@deltawire/server";
import { StartError } from "./start-error.js";

/** Something that has to be there before a server can start. */
export interface Needed {
  /** As a message names it; without secrets. */
  readonly name: string;
  /** The option that says where it is. */
  readonly flag: string;
  /** Asks it something; settles in its own time, which may be that of a migration. */
  readonly ask: () => Promise<unknown>;
}

/** What to wait by. */
export interface Patience {
  /** Milliseconds. */
  readonly wait: number;
  /** Ends the waiting at once. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Milliseconds between two questions. */
const INTERVAL = 1000;

/**
 * Asks until something answers, with a line of the log for each time it does not: containers of one
 * deploy start in any order.
 *
 * @returns whether it is there; it may not be where a signal ended the waiting
 * @throws by rejection: StartError where it does not answer in time, or waiting is of no use
 */
export async function untilThere(
  { name, flag, ask }: Needed,
  { wait, signal, logger }: Patience,
): Promise<boolean> {
  const end = Date.now() + wait;
  const stopped = aborted(signal);
  for (;;) {
    const error = await failureOf(ask, stopped);
    if (signal.aborted) return false;
    if (error === undefined) return true;
    const left = end - Date.now();
    if (isFinal(error) || left <= 0) {
      const how = isFinal(error) ? "" : ` within ${wait / 1000} s`;
      throw new StartError(`${name} does not take us${how}: ${reasonOf(error)}; see ${flag}`);
    }
    const seconds = Math.ceil(left / 1000);
    logger.warn({ reason: reasonOf(error), seconds }, `waiting for ${name}`);
    await pause(Math.min(INTERVAL, left), signal);
  }
}

async function failureOf(ask: () => Promise<unknown>, stopped: Promise<void>): Promise<unknown> {
  try {
    await Promise.race([ask(), stopped]);
    return undefined;
  } catch (error) {
    return error ?? new Error("no reason given");
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, time);
    signal.addEventListener("abort", end);
  });
}

/** PostgreSQL's classes of errors that time does not mend: the password, the database, rights. */
const FINAL_STATES = /^(28|3D|42)/;

/** Codes of DeltawireErrors that time does not mend. */
const FINAL_CODES: readonly string[] = ["forbidden", "unsupported_version", "internal"];

function isFinal(error: unknown): boolean {
  return causesOf(error).some(
    ({ code = "", message }) =>
      FINAL_STATES.test(code) ||
      FINAL_CODES.includes(code) ||
      /\b(WRONGPASS|NOAUTH|NOPERM)\b/.test(message),
  );
}

/** What an error says; where it says nothing, what lies beneath does. */
function reasonOf(error: unknown): string {
  const causes = causesOf(error);
  const said = causes.find(({ message }) => message !== "");
  return said?.message ?? causes[0]?.code ?? String(error);
}

interface Cause {
  readonly message: string;
  readonly code?: string;
}

/** An error, and what it came from; of several at once (two addresses of a name) the first. */
function causesOf(error: unknown, depth = 3): Cause[] {
  if (!(error instanceof Error) || depth === 0) return [];
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const beneath = error instanceof AggregateError ? error.errors[0] : error.cause;
  const cause = { message: error.message, ...(code !== undefined && { code }) };
  return [cause, ...causesOf(beneath, depth - 1)];
}
