import type { ChannelState, Composition } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";
import type { FrameLog } from "./frame-log.js";

/** Size of a catch-up past which a snapshot is less work, and up to which it never is. */
const MAX_CATCH_UP = 1 << 20;
const PIECE = 32 * 1024;

/** How a consumer is brought to the present version. */
export interface PassageOptions {
  /** It was decided already that changes are less than a snapshot. */
  readonly begun: boolean;
  /** It holds the last messages only. */
  readonly windowed: boolean;
}

/** What consumers are brought along: a channel, or a part of it. */
export interface Way {
  readonly channel: string;
  readonly state: ChannelState;
  /** About the bytes of the state. */
  readonly size: number;
  readonly log: FrameLog;
  /** The latest version at which a message was stated whole that was there. */
  readonly restatedAt: number;
}

/**
 * What happened after a version, as one frame; undefined where the log does not reach back, and
 * where a snapshot is less. `windowed`: it is for one who has the last messages only.
 */
export function since(
  way: Way,
  seq: number | undefined,
  windowed: boolean,
): ChangesFrame | undefined {
  const composition = way.log.since(seq);
  if (!composition || seq === undefined || (windowed && seq < way.restatedAt)) return undefined;
  return whole(way, seq, composition, windowed);
}

/** A composition that leads to the present state, as a frame; undefined where a snapshot is less. */
export function whole(
  { channel, state, size }: Pick<Way, "channel" | "state" | "size">,
  from: number,
  composition: Composition,
  windowed: boolean,
): ChangesFrame | undefined {
  if (composition.size > worth(size)) return undefined;
  const changes = composition.changes(state, windowed);
  return { type: "changes", channel, from, to: state.seq, changes };
}

/**
 * The frame that brings a consumer from a version to the present one, or on the way there, since
 * a piece that is sent to one who reads slowly is small; undefined where it takes a snapshot.
 */
export function passage(
  way: Way,
  seq: number | undefined,
  { begun, windowed }: PassageOptions,
): ChangesFrame | undefined {
  const { channel, log, state } = way;
  const run = log.run(seq, PIECE);
  if (!run || seq === undefined || (windowed && seq < way.restatedAt)) return undefined;
  const { composition, to } = run;
  const isAll = to === state.seq;
  if (!begun) {
    const { size } = isAll ? composition : (log.since(seq) ?? composition);
    if (size > worth(way.size)) return undefined;
  }
  const changes = composition.changes(isAll ? state : undefined, windowed);
  return { type: "changes", channel, from: seq, to, changes };
}

/** Size up to which changes are less than a snapshot: what they come to is smaller, often half. */
const worth = (size: number): number => Math.max(PIECE, Math.min(2 * size, MAX_CATCH_UP));
