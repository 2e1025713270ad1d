import type {
  ChangesFrame,
  CheckpointFrame,
  DeltawireError,
  ErrorFrame,
  HistoryFrame,
  HistoryPageFrame,
  SnapshotFrame,
  SubscribedFrame,
  SubscribeFrame,
} from "@deltawire/spec";

/** The frames of a channel that a consumer receives; an `error` only with a `request`. */
export type ReceivedFrame =
  | SubscribedFrame
  | SnapshotFrame
  | ChangesFrame
  | CheckpointFrame
  | HistoryPageFrame
  | ErrorFrame;

/**
 * Why a view begins anew: it has its first state; a snapshot replaced it, or its reader fell
 * behind; messages came before its first one; the server has lost what was there before.
 */
export type ResetReason = "initial" | "snapshot" | "earlier_messages" | "history_lost";

/** What became of a page of earlier messages. */
export type HistoryOutcome =
  /** It was of a version that is past: send this. */
  | { readonly type: "again"; readonly send: HistoryFrame }
  /** The messages are there, or there are none. */
  | { readonly type: "loaded" }
  /** They are not to be had, now or at all; everything else goes on. */
  | { readonly type: "refused"; readonly error: DeltawireError };

/** What a received frame did, and what is to be done about it. */
export type Outcome = (
  | /** The state moved on by these changes, those before its window left out. */
  { readonly type: "applied"; readonly frame: ChangesFrame }
  /** The state was replaced whole. */
  | { readonly type: "reset"; readonly reason: ResetReason }
  /** The state stays, though the server has lost it: nothing is there yet that could replace it. */
  | { readonly type: "stale" }
  /** Nothing changed: a repetition, or something that a repair under way makes needless. */
  | { readonly type: "ignored" }
  /** Something is missing or wrong: send this. */
  | { readonly type: "repair"; readonly send: SubscribeFrame; readonly cause: DeltawireError }
  /** Repairs do not help, or the server refuses. The state stays as it is. */
  | { readonly type: "failed"; readonly error: DeltawireError }
) & {
  /** What became of a page that was asked for, if this has decided it. */
  readonly history?: HistoryOutcome;
};

/** How often what happened. */
export interface DecoderCounts {
  applied: number;
  ignored: number;
  gaps: number;
  mismatches: number;
  resets: number;
}
