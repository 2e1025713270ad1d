import type { Reason } from "../row.js";

/** How much a reason deserves a look. */
type Tone = "quiet" | "good" | "notice" | "bad";

/** A reason as it is shown. */
interface ReasonText {
  readonly label: string;
  readonly tone: Tone;
  readonly meaning: string;
}

/** What each reason is called, and what it means in one sentence. */
export const REASONS: Readonly<Record<Reason, ReasonText>> = {
  live: { label: "live", tone: "quiet", meaning: "What happened just now, one version further." },
  throttled: {
    label: "throttled",
    tone: "good",
    meaning: "Several edits in one frame: the earlier ones were held back until the last one.",
  },
  joined: {
    label: "joined",
    tone: "good",
    meaning: "Asks for a channel of which nothing is held here, or answers that.",
  },
  caught_up: {
    label: "caught up",
    tone: "notice",
    meaning: "What was missed since a version, in one step: after a reconnect, or a slow stretch.",
  },
  resynced: {
    label: "resynced",
    tone: "notice",
    meaning: "Asks anew since something was missing or wrong, or answers that.",
  },
  resent: {
    label: "resent",
    tone: "notice",
    meaning: "The producer has attached again and states what may have been lost.",
  },
  repeated: {
    label: "repeated",
    tone: "quiet",
    meaning: "Leads to a version that is here already: ignored.",
  },
  ignored: { label: "ignored", tone: "quiet", meaning: "Changes nothing here." },
  gap: {
    label: "gap",
    tone: "bad",
    meaning: "Does not begin at the version that is here: something before it is missing.",
  },
  mismatch: {
    label: "mismatch",
    tone: "bad",
    meaning: "Does not fit the state, or the state does not fit its digest.",
  },
  history_lost: {
    label: "history lost",
    tone: "bad",
    meaning: "The server has lost the channel's history; this is what there is now.",
  },
  earlier: {
    label: "earlier",
    tone: "quiet",
    meaning: "Asks for messages before the first one that is here, or answers that.",
  },
  refused: {
    label: "refused",
    tone: "bad",
    meaning: "An error, or an acknowledgement that names changes which were dropped.",
  },
  unknown: {
    label: "unknown",
    tone: "quiet",
    meaning: "Depends on what came before the recording.",
  },
};
