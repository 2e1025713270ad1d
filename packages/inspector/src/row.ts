import type { TapEvent } from "@deltawire/client";
import type { Frame, FrameType } from "@deltawire/spec";

/**
 * What a row is, in the protocol's words: a frame's type; `select`, which goes before a frame of
 * another channel in the MessagePack codec; a message that could not be read; a connection that
 * came or went; a `state` that was there before the recording.
 */
export type RowKind = FrameType | "select" | "unreadable" | "opened" | "lost" | "state";

/**
 * Why a frame came, and what it did here, as far as the frames tell it for certain. A frame of
 * which there is nothing to say has none.
 *
 * - `live`: `changes` that say what happened just now, from one version to the next.
 * - `throttled`: the same, of several edits: the earlier ones were held back until the last one, by
 *   the producer's window or because they were made in one turn. Appends at the same place merge
 *   into one edit, of which nobody can tell any more how many it was: such a frame is `live`.
 * - `joined`: asks for a channel of which nothing is held, or answers that.
 * - `caught_up`: asks for what was missed since a version, or answers that; or live `changes` that
 *   skip versions, since the server had held them back from this slow reader.
 * - `resynced`: asks anew since something was missing or wrong, or answers that.
 * - `resent`: a producer's `changes` after it has attached again, in place of what may be lost.
 * - `repeated`: `changes` to a version that is there already. Ignored.
 * - `ignored`: anything else that changes nothing, such as `changes` while a repair is under way.
 * - `gap`: it does not begin at the version that is there: something before it is missing.
 * - `mismatch`: it does not fit the state, or the state does not fit its digest.
 * - `history_lost`: the server has lost the channel's history; this is what there is now.
 * - `earlier`: asks for messages before the first one that is there, or answers that.
 * - `refused`: an error, or an acknowledgement that names changes which were dropped.
 * - `unknown`: it depends on what came before the recording.
 */
export type Reason =
  | "live"
  | "throttled"
  | "joined"
  | "caught_up"
  | "resynced"
  | "resent"
  | "repeated"
  | "ignored"
  | "gap"
  | "mismatch"
  | "history_lost"
  | "earlier"
  | "refused"
  | "unknown";

/** Which state a row belongs to: what is read of a channel, or what is written to it from here. */
export type Side = "read" | "written";

/** One line of the timeline. Never changes. */
export interface Row {
  /** Its number, from 0 for the life of a recorder: never used twice. */
  readonly row: number;
  /** Milliseconds, by the clock of the wire's platform. */
  readonly at: number;
  /** Counts the connections of the wire from 1; 0 for what belongs to none. */
  readonly connection: number;
  readonly direction: "sent" | "received" | "none";
  readonly kind: RowKind;
  /** Undefined for what concerns the whole connection. */
  readonly channel: string | undefined;
  /** The version that `changes` begin at. */
  readonly from: number | undefined;
  /** The version that it leads to, states, asks from or acknowledges. */
  readonly seq: number | undefined;
  /** Bytes on the wire, the WebSocket header (RFC 6455, section 5.2) included; over HTTP the body's. */
  readonly size: number;
  /** Bytes of content in it: UTF-8 of its texts and JSON values, and bytes parts. */
  readonly content: number;
  readonly reason: Reason | undefined;
  /** Milliseconds since the row {@link answers}. */
  readonly latency: number | undefined;
  /** The row that it answers. */
  readonly answers: number | undefined;
  /** Undefined for a `select`, what could not be read, and what is no frame. */
  readonly frame: Frame | undefined;
  /** What the wire has told: the raw message, or the error. A token is left out. */
  readonly event: TapEvent;
}

const WRITING: readonly RowKind[] = ["produce", "producing", "ack"];

/** The side of its channel that a row is about; undefined where it is about none, or about both. */
export function sideOf({ kind, direction }: Row): Side | undefined {
  if (kind === "changes") return direction === "sent" ? "written" : "read";
  return WRITING.includes(kind) ? "written" : undefined;
}
