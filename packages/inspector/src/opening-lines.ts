import type { TapEvent } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";
import { eventLines, stateLines } from "./recording-lines.js";
import type { Standing } from "./standings.js";

/** How the reader of a channel stood before the first row of a recording. */
export interface Opening extends Standing {
  readonly channel: string;
  /** What it showed; undefined where that is nothing, or not known. */
  readonly state: ChannelState | undefined;
}

/**
 * The lines that tell how readers stood: the state of each, and after it the request that it waits
 * for, or why it ignores what comes. Only requests are of the time at which they were sent, so that
 * how long their answers took stays known.
 *
 * @param at the time of the first row
 */
export function* openingLines(at: number, openings: Iterable<Opening>): Generator<string> {
  const all = [...openings];
  const asked = all.filter(({ kind }) => kind === "asked");
  const live = all.filter(({ kind }) => kind === "live");
  const idle = all.filter(({ kind }) => kind === "left" || kind === "refused");
  const begin = Math.min(at, ...eventsOf(asked).map((event) => event.at));
  yield* states(begin, idle);
  // Before the others' states: the loss of a connection is of all channels.
  for (const event of eventsOf(idle)) yield* eventLines({ ...event, at: begin });
  yield* states(begin, live);
  yield* states(begin, asked);
  for (const event of eventsOf(asked)) yield* eventLines(event);
}

function* states(at: number, openings: readonly Opening[]): Generator<string> {
  for (const { channel, state } of openings) {
    if (state) yield* stateLines(at, channel, state);
  }
}

/** Each event once, in the order of time. */
function eventsOf(openings: readonly Opening[]): TapEvent[] {
  const events = new Set(openings.flatMap((opening) => opening.events));
  return [...events].sort((a, b) => a.at - b.at);
}
