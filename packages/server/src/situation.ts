import { SharedFrame } from "@deltawire/protocol";
import type { SnapshotFrame } from "@deltawire/spec";
import type { FrameTaker } from "./channel-encoding.js";
import { deflate } from "./deflate.js";
import type { Pin } from "./engine/pins.js";

/** Where a subscription is. */
export type Situation =
  /** Every frame is sent as it comes. */
  | { readonly is: "live" }
  /** What it lacks is sent composed; `begun` once the first piece of that is. */
  | { readonly is: "behind"; readonly begun?: true }
  /** It gets a snapshot, chunk by chunk. */
  | { readonly is: "reading"; readonly pin: Pin; readonly chunks: Chunks };

/** Those of a snapshot that are still to come, and the number of the next one. */
export interface Chunks {
  readonly left: Iterator<SnapshotFrame>;
  /** Whether they are few enough to be compressed, for one reader too. */
  readonly areFew: boolean;
  next: number;
}

export const LIVE: Situation = { is: "live" };
export const BEHIND: Situation = { is: "behind" };

/** A chunk of a pinned state as a consumer is sent it; made once for all who are sent the same. */
export function shareChunk(
  pin: Pin,
  chunk: SnapshotFrame,
  { areFew }: Chunks,
  to: FrameTaker & { readonly isLocal: boolean; readonly place: string },
): SharedFrame {
  const { binary, takesCompact = false } = to;
  const context = binary ? pin.context(takesCompact) : undefined;
  const contexts = takesCompact ? { compact: context } : { plain: context };
  const options = areFew ? { compression: { deflate } } : {};
  const make = () => new SharedFrame(chunk, contexts, options);
  const sizeOf = (made: SharedFrame) =>
    (binary ? made.packed(takesCompact).plain : made.json).length;
  return to.isLocal ? make() : pin.share(to.place, make, sizeOf);
}
