import { DeltawireError, ERROR_CODES, type ErrorCode, type ErrorFrame } from "@deltawire/spec";

/** Seconds after which a client that was refused for now may come back, at the least. */
const RETRY_AFTER = 1;

/** Codes whose status is not that of their group. */
const STATUSES: { readonly [Code in ErrorCode]?: number } = {
  limit_exceeded: 413,
  internal: 500,
  timeout: 504,
  unauthorized: 401,
  fenced: 409,
  superseded: 409,
  channel_closed: 410,
  closed: 503,
};
const GROUPS = { resync: 409, correct: 400, retry: 503, stop: 403 };

/** The HTTP status of an error's code. */
function statusOf(code: ErrorCode): number {
  const known = STATUSES[code];
  if (known !== undefined) return known;
  for (const group of ["resync", "correct", "retry", "stop"] as const) {
    if ((ERROR_CODES[group] as readonly string[]).includes(code)) return GROUPS[group];
  }
  return 500;
}

/** An answer in JSON. */
export function json(
  body: unknown,
  status: number = 200,
  headers: Record<string, string> = {},
): Response {
  return text(JSON.stringify(body), status, headers);
}

/** An answer that is JSON already. */
export function text(
  body: BodyInit,
  status: number = 200,
  headers: Record<string, string> = {},
): Response {
  const type = "application/json; charset=utf-8";
  const all = { "content-type": type, "cache-control": "no-store", ...headers };
  return new Response(body, { status, headers: all });
}

/** What an HTTP answer says of an error, and how it says it. */
export interface Problem {
  /** @default that of the code */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Seconds to wait. @default 1 where it is to be tried again */
  readonly retryAfter?: number;
  /** What stands beside the error. */
  readonly frames?: readonly unknown[];
}

/** An error as an HTTP answer. */
export function problem(error: DeltawireError | ErrorFrame, how: Problem = {}): Response {
  const code = DeltawireError.codeOf(error.code);
  const { status = statusOf(code), frames } = how;
  const { retryAfter = RETRY_AFTER } = how;
  const headers = {
    ...(status === 401 && { "www-authenticate": "Bearer" }),
    ...((status === 429 || status === 503) && { "retry-after": String(Math.ceil(retryAfter)) }),
    ...how.headers,
  };
  const { message } = error;
  return json({ error: { code: error.code, message }, ...(frames && { frames }) }, status, headers);
}
