import type { Clock } from "@deltawire/encoder";
import { type SharedFrame, snapshotFrames } from "@deltawire/protocol";
import {
  type ChangesFrame,
  DeltawireError,
  type HistoryPageFrame,
  LIMITS,
  type SnapshotFrame,
} from "@deltawire/spec";
import { encodeFrame } from "./event-stream.js";
import type { HostedChannel } from "./hosted-channel.js";
import { pacedBody } from "./http-body.js";
import type { Query } from "./http-query.js";
import { formatVersion, matchesVersion, type Version } from "./http-version.js";
import type { Consumer } from "./subscription.js";

/** Messages of a page where nothing else is asked for. */
const PAGE = 100;

/** A request for a channel as it is. */
export interface Reading {
  readonly channel: HostedChannel;
  readonly query: Query;
  readonly ifNoneMatch: string | null;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Milliseconds to wait for something new. */
  readonly wait: number;
  /** Asks again after a while whether it may be read. @throws by rejection: DeltawireError */
  goOn(): Promise<void>;
  /** Called once the answer was read, or was given up. */
  onEnd(): void;
}

/**
 * Answers a GET of a channel: its state, what changed since a version, or earlier messages, as one
 * frame. PROTOCOL.md, "HTTP".
 *
 * @throws by rejection: DeltawireError
 */
export async function readChannel(reading: Reading): Promise<Response> {
  const { channel, query, ifNoneMatch } = reading;
  const last = query.last;
  const before = query.text("before");
  if (before !== undefined) {
    const asked = { type: "history", channel: channel.name, request: 0, before } as const;
    return answer(reading, channel.page({ ...asked, last: last ?? PAGE }));
  }
  const since = query.version("since");
  const isKnown = () =>
    since
      ? formatVersion(since) === formatVersion(channel.state)
      : matchesVersion(ifNoneMatch, channel.state);
  if (isKnown() && reading.wait > 0) {
    await change(reading);
    await reading.goOn();
  }
  if (isKnown()) {
    const headers = headersOf(channel.state);
    reading.onEnd();
    return new Response(null, {
      status: matchesVersion(ifNoneMatch, channel.state) ? 304 : 204,
      headers,
    });
  }
  return answer(
    reading,
    changesSince(channel, last !== undefined, since) ?? snapshotOf(channel, last),
  );
}

function changesSince(
  channel: HostedChannel,
  windowed: boolean,
  since?: Version,
): ChangesFrame | undefined {
  if (since?.epoch !== channel.state.epoch) return undefined;
  const frame = channel.since(since.seq, windowed);
  return frame && { ...frame, request: 0 };
}

function snapshotOf({ name, state }: HostedChannel, last?: number): SnapshotFrame {
  const all = [name, state, 0, Number.POSITIVE_INFINITY] as const;
  const [whole] = last === undefined ? snapshotFrames(...all) : snapshotFrames(...all, last);
  if (!whole) throw new TypeError("a snapshot has at least one frame");
  return whole;
}

/** Waits for the next frame of a channel, not for ever. */
function change({ channel, signal, clock, wait }: Reading): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      channel.unfollow(subscription);
      resolve();
    };
    const consumer: Consumer = {
      binary: false,
      isCongested: false,
      send: () => undefined,
      fits: () => true,
      deliver: ({ frame }: SharedFrame) => {
        if (frame.type === "changes") end(); // what comes with it is in the same answer
      },
      pace: (waiting) => {
        while (waiting.step());
      },
      fail: () => end(),
    };
    const cancel = clock.after(wait, end);
    signal.addEventListener("abort", end);
    const subscription = channel.follow(consumer);
    const { epoch, seq } = channel.state;
    subscription.ask({ type: "subscribe", channel: channel.name, request: 0, epoch, seq });
  });
}

function answer(
  { channel, clock, onEnd }: Reading,
  frame: ChangesFrame | SnapshotFrame | HistoryPageFrame,
): Response {
  const bytes = new TextEncoder().encode(encodeFrame(frame));
  if (bytes.length > LIMITS.max_frame_bytes) {
    const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the state`;
    const advice = "read it as events, which come in pieces, or fewer messages by last";
    throw new DeltawireError("limit_exceeded", `${what}; ${advice}`);
  }
  const headers = {
    ...(frame.type !== "history_page" && headersOf(channel.state)),
    "content-type": "application/json; charset=utf-8",
    "content-length": String(bytes.length),
  };
  return new Response(pacedBody(bytes, clock, onEnd), { headers });
}

/** It may be kept, by who may read it, and is asked for again each time. */
function headersOf(version: Version): Record<string, string> {
  return { etag: `"${formatVersion(version)}"`, "cache-control": "private, no-cache" };
}
