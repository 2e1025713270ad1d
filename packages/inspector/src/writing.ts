import { apply, ChannelState } from "@deltawire/protocol";
import { type ChangesFrame, DeltawireError } from "@deltawire/spec";
import { isTogether } from "./edit-count.js";
import type { Reason } from "./row.js";
import type { Timeline } from "./timeline.js";

/** Steps back that are looked at for the version that a producer goes on from: its outbox's bound. */
const OUTBOX = 256;

/**
 * What a producer has written to a channel, by its own versions: what the frames tell of it, which
 * is not what others write there, nor what was written before the recording.
 */
export class Writing {
  readonly #timeline: Timeline;
  #state: ChannelState | undefined;
  /** The last version that was sent. */
  #sent: number | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** The producer sends changes. */
  sent(row: number, frame: ChangesFrame): Reason {
    const isAgain =
      (this.#sent !== undefined && frame.from !== this.#sent) || frame.to > frame.from + 1;
    this.#sent = frame.to;
    const before = this.#state;
    const next = before?.seq === frame.from ? applied(before, frame) : undefined;
    this.#state = next ?? this.#fromElsewhere(frame);
    if (next) this.#timeline.push(row, next, frame);
    else if (before || this.#state) this.#timeline.push(row, this.#state);
    if (isAgain || frame.changes.length === 0) return "resent";
    return isTogether(frame.changes) ? "throttled" : "live";
  }

  /** From an earlier version, where later ones were lost; or from nothing, stated whole. */
  #fromElsewhere(frame: ChangesFrame): ChannelState | undefined {
    const known = this.#timeline.find(frame.from, OUTBOX);
    const empty = ChannelState.of("", { seq: frame.from });
    return (known && applied(known, frame)) ?? applied(empty, frame);
  }
}

/** Undefined where it does not apply: something is not known here. */
function applied(state: ChannelState, frame: ChangesFrame): ChannelState | undefined {
  try {
    return apply(state, frame);
  } catch (error) {
    if (error instanceof DeltawireError) return undefined;
    throw error;
  }
}
