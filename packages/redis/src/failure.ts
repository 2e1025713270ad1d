import { DeltawireError, type ErrorCode } from "@deltawire/server";

/** What to do about it, by how Redis, or its client, words it. */
const CODES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/NOAUTH|WRONGPASS/, "unauthorized", "give the user and the password that Redis asks for"],
  [/NOPERM/, "forbidden", "let the user run scripts, and use the keys of this prefix"],
  [/\bOOM\b/, "overloaded", "give Redis more memory"],
  [/NOREPLICAS/, "overloaded", "its replicas are away: bring them back"],
  [/MISCONF/, "overloaded", "Redis cannot write to its disk: make room"],
  [/too many calls/, "overloaded", "it is too slow for what it is asked, or away"],
  [/unknown command/i, "unsupported_version", "7.0 or newer is needed"],
  [/log is closed/, "closed", "make another one"],
  [
    /clos|connect|ECONN|ENOTFOUND|EAI_AGAIN|sentinel|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|writeable/i,
    "connection_lost",
    "it is away, or another one takes its place: this is tried again",
  ],
  [/in time|timed out/i, "timeout", "it is slow, or away: this is tried again"],
];

/** The words of an error. */
export function reasonOf(error: unknown): string {
  const words = error instanceof Error ? error.message : `${error}`;
  // It names an option that is not for whoever reads this.
  return words.replace(/^Reached the max retries.*?details\./, "the connection broke");
}

/**
 * The error of a call that has failed: it may have happened or not.
 *
 * @param about the call
 * @param what went wrong
 * @param why what went wrong with the connection, where something did
 */
export function failure(about: string, what: string, why: string | undefined): DeltawireError {
  const reason = why === undefined ? what : `${what} (${why})`;
  const [, code, advice] = CODES.find(([pattern]) => pattern.test(reason)) ?? [];
  const end = advice === undefined ? "" : `: ${advice}`;
  return new DeltawireError(code ?? "internal", `Redis: ${about}: ${reason}${end}`);
}
