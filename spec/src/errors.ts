/**
 * Every error code, grouped by what its receiver does. PROTOCOL.md, "Errors".
 *
 * - `resync`: the replica or the stream of changes is off; ask for the channel again.
 * - `correct`: the sender made a mistake; the same input fails again, everything else goes on.
 * - `retry`: nothing is wrong with the input; try again later.
 * - `stop`: this will not work again without a change of circumstances; do not retry.
 */
export const ERROR_CODES = {
  resync: [
    "gap",
    "digest_mismatch",
    "offset_out_of_range",
    "inside_surrogate_pair",
    "unknown_message",
    "unknown_part",
    "part_exists",
    "wrong_part_kind",
    "path_not_found",
  ],
  correct: [
    "malformed",
    "unknown_frame",
    "unexpected_frame",
    "unsupported_version",
    "ill_formed_text",
    "forbidden_key",
    "limit_exceeded",
    "message_final",
    "message_removed",
    "not_owner",
    "stale_generation",
    "unknown_command",
  ],
  retry: ["overloaded", "going_away", "connection_lost", "timeout", "internal"],
  stop: ["unauthorized", "forbidden", "fenced", "superseded", "channel_closed", "closed"],
} as const;

/** What the receiver of an error does about it. */
export type ErrorGroup = keyof typeof ERROR_CODES;

/** A code of an `error` frame, of a refusal in an `ack`, or of a {@link DeltawireError}. */
export type ErrorCode = (typeof ERROR_CODES)[ErrorGroup][number];

/** Where and what an error is about. */
export interface ErrorPlace {
  /** JSON pointer (RFC 6901) into the frame, or into the part's value, that is at fault. */
  readonly path?: string | undefined;
  /** The channel it concerns. */
  readonly channel?: string | undefined;
  /** The number of the `subscribe` or `history` that is at fault. */
  readonly request?: number | undefined;
}

/** The one error class of Deltawire: a code to act on, a message to read, a place to look. */
export class DeltawireError extends Error {
  override readonly name = "DeltawireError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly channel: string | undefined;
  readonly request: number | undefined;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}) {
    super(message);
    this.code = code;
    this.path = place.path;
    this.channel = place.channel;
    this.request = place.request;
  }

  /** A code that came over the wire, which may be of a newer peer. */
  static codeOf(code: string): ErrorCode {
    const known: readonly ErrorCode[] = Object.values(ERROR_CODES).flat();
    return known.find((candidate) => candidate === code) ?? "internal";
  }

  /** What to do about it: `resync`, `correct`, `retry` or `stop`. */
  get group(): ErrorGroup {
    for (const group of Object.keys(ERROR_CODES) as ErrorGroup[]) {
      if ((ERROR_CODES[group] as readonly string[]).includes(this.code)) return group;
    }
    return "stop";
  }
}

/** Ends every switch over a union: a member that is not handled fails to compile. */
export function unreachable(value: never): never {
  throw new TypeError(`unhandled: ${JSON.stringify(value)}`);
}
