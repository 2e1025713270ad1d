import type { Clock } from "@deltawire/encoder";
import { type ChannelState, type SharedFrame, snapshotFrames } from "@deltawire/protocol";
import {
  type ChangesFrame,
  DeltawireError,
  type Filter,
  type HistoryFrame,
  type HistoryPageFrame,
  LIMITS,
  type SnapshotFrame,
} from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { Consumer } from "./consumer.js";
import { encodeFrame } from "./event-stream.js";
import type { HostedChannel } from "./hosted-channel.js";
import { pacedBody } from "./http-body.js";
import type { Query } from "./http-query.js";
import { formatVersion, matchesVersion, type Version } from "./http-version.js";

/** Messages of a page where nothing else is asked for. */
const PAGE = 100;

/** A request for a channel as it is. */
export interface Reading {
  readonly channel: HostedChannel;
  readonly principal: Principal;
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
  const { query, ifNoneMatch } = reading;
  const { last } = query;
  const before = query.text("before");
  const since = query.version("since");
  let source = sourceOf(reading, since);
  if (before !== undefined) {
    const asked = { type: "history", channel: source.name, request: 0, before } as const;
    return answer(reading, source, source.page({ ...asked, last: last ?? PAGE }));
  }
  const isKnown = () =>
    since ? isNothingNew(source, since) : matchesVersion(ifNoneMatch, source.state);
  if (isKnown() && reading.wait > 0 && !source.state.closed) {
    source = await change(reading, source);
    await reading.goOn();
  }
  if (isKnown()) {
    const headers = headersOf(source.state);
    reading.onEnd();
    return new Response(null, {
      status: matchesVersion(ifNoneMatch, source.state) ? 304 : 204,
      headers,
    });
  }
  const news = changesSince(source, last !== undefined, since);
  return answer(reading, source, news ?? snapshotOf(source, last));
}

/** What is read: a channel, or what a filter shows of it. */
interface Source {
  readonly name: string;
  readonly filter: Filter | undefined;
  readonly state: ChannelState;
  since(seq: number, windowed: boolean): ChangesFrame | undefined;
  page(frame: HistoryFrame): HistoryPageFrame;
}

function sourceOf({ channel, query }: Reading, since?: Version): Source {
  const { name } = channel;
  const { filter } = query;
  const isOurs = since?.epoch === channel.state.epoch;
  const seen = filter ? channel.followers.view(filter, isOurs ? since?.seq : undefined) : channel;
  return {
    ...{ name, filter },
    get state() {
      return seen.state;
    },
    since: (seq, windowed) => seen.since(seq, windowed),
    page: (frame) => seen.page(frame),
  };
}

/** Whether nothing has happened since a version; to what a filter shows, though the channel went on. */
function isNothingNew(source: Source, since: Version): boolean {
  if (formatVersion(since) === formatVersion(source.state)) return true;
  return source.filter !== undefined && changesSince(source, false, since)?.changes.length === 0;
}

function changesSince(
  source: Source,
  windowed: boolean,
  since?: Version,
): ChangesFrame | undefined {
  if (since?.epoch !== source.state.epoch) return undefined;
  const frame = source.since(since.seq, windowed);
  return frame && { ...frame, request: 0 };
}

function snapshotOf({ name, state }: Source, last?: number): SnapshotFrame {
  const all = [name, state, 0, Number.POSITIVE_INFINITY] as const;
  const [whole] = last === undefined ? snapshotFrames(...all) : snapshotFrames(...all, last);
  if (!whole) throw new TypeError("a snapshot has at least one frame");
  return whole;
}

/** Waits for the next frame of a channel, not for ever; returns what is to be read then. */
function change(reading: Reading, source: Source): Promise<Source> {
  const { channel, principal, signal, clock, wait } = reading;
  const { name, filter } = source;
  if (signal.aborted) return Promise.resolve(source);
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      channel.unfollow(subscription);
      resolve(followed);
    };
    const consumer: Consumer = {
      principal,
      binary: false,
      isCongested: false,
      send: () => undefined,
      fits: () => true,
      deliver: ({ frame }: SharedFrame) => {
        // What comes with it is in the same answer; one without changes is no news.
        if (frame.type === "changes" && frame.changes.length > 0) end();
      },
      pace: (waiting) => {
        while (waiting.step());
      },
      fail: () => end(),
    };
    const subscription = channel.follow(consumer, filter); // first: where it throws, nothing waits
    const followed = sourceOf(reading); // what is followed knows most, also when it is left
    const cancel = clock.after(wait, end);
    signal.addEventListener("abort", end);
    const { epoch, seq } = followed.state;
    const version = { epoch, seq, ...(filter && { filter }) };
    subscription.ask({ type: "subscribe", channel: name, request: 0, ...version });
  });
}

function answer(
  { clock, onEnd }: Reading,
  { state }: Source,
  frame: ChangesFrame | SnapshotFrame | HistoryPageFrame,
): Response {
  const bytes = new TextEncoder().encode(encodeFrame(frame));
  if (bytes.length > LIMITS.max_frame_bytes) {
    const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the state`;
    const advice = "read it as events, which come in pieces, or fewer messages by last";
    throw new DeltawireError("limit_exceeded", `${what}; ${advice}`);
  }
  const headers = {
    ...(frame.type !== "history_page" && headersOf(state)),
    "content-type": "application/json; charset=utf-8",
    "content-length": String(bytes.length),
  };
  return new Response(pacedBody(bytes, clock, onEnd), { headers });
}

/** It may be kept, by who may read it, and is asked for again each time. */
function headersOf(version: Version): Record<string, string> {
  return { etag: `"${formatVersion(version)}"`, "cache-control": "private, no-cache" };
}
