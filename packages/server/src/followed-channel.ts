import type { SharedFrame } from "@deltawire/protocol";
import type { ChangesFrame, HistoryFrame, HistoryPageFrame, SnapshotFrame } from "@deltawire/spec";
import type { FrameTaker } from "./channel-encoding.js";
import type { PassageOptions } from "./engine/passage.js";
import type { Pin, PinReader } from "./engine/pins.js";
import type { MeteredChannel } from "./subscription-meter.js";

/** A channel as one who follows it sees it. */
export interface FollowedChannel extends MeteredChannel {
  readonly name: string;
  /** Somebody has a version: goes there, where it is the channel's and was left out so far. */
  approach(seq: number): void;
  /**
   * Does what changes the form in which one of its followers takes frames, who is then told the codec
   * context that it shares.
   */
  recode(follower: FrameTaker & { restart(): void }, change: () => void): void;
  /** Whether a frame is not for one who holds the last messages only. */
  isForWhole(frame: ChangesFrame): boolean;
  /**
   * The next frame for a consumer that is at a version; undefined where it takes a snapshot.
   *
   * @param request the one that it answers, if it does
   */
  passage(
    from: number | undefined,
    options: PassageOptions,
    request: number | undefined,
  ): SharedFrame | undefined;
  /** @throws DeltawireError `unknown_message` where there is no message to go back from */
  page(frame: HistoryFrame): HistoryPageFrame;
  /** A state to send a snapshot of, newer than what its reader has. */
  pin(has: number | undefined, reader: PinReader): Pin;
  unpin(pin: Pin, reader: PinReader): void;
  /** A frame in the codec context of the present version. */
  share(frame: SnapshotFrame): SharedFrame;
  /** A frame that catches up, and states the codec context. */
  catchUp(frame: ChangesFrame): SharedFrame;
}
