import type { TapEvent } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";
import type { Frame } from "@deltawire/spec";
import { type Followed, Follower } from "./follower.js";
import type { Opening } from "./opening-lines.js";
import type { Reason, Side } from "./row.js";
import { type Standing, Standings } from "./standings.js";
import { Tally } from "./tally.js";
import { Timeline } from "./timeline.js";
import { Writing } from "./writing.js";

/** Channels that are followed; the rows of others have no state. */
const MAX_CHANNELS = 4096;

/** What a tap tells of a message. */
export type MessageEvent = TapEvent & { readonly type: "message" };

/** What a frame did. */
export interface Done {
  readonly reason: Reason | undefined;
  /** Whether it replaced a state that was there. */
  readonly isReset: boolean;
}

/** What a recorder knows of one channel. */
export class ChannelRecord {
  readonly totals: Tally = new Tally();
  readonly #read = new Timeline();
  readonly #written = new Timeline();
  readonly #follower: Follower;
  readonly #standings: Standings = new Standings();
  readonly #writing: Writing = new Writing(this.#written);

  constructor(name: string) {
    this.#follower = new Follower(name);
  }

  /** @param side by default what is read, if anything is */
  timeline(side?: Side): Timeline {
    const isRead =
      side === undefined ? this.#read.isKnown || !this.#written.isKnown : side === "read";
    return isRead ? this.#read : this.#written;
  }

  /** A reader has a state already. */
  begin(row: number, state: ChannelState): void {
    this.#follower.begin(state);
    this.#read.push(row, this.#follower.state);
    this.#standings.push(row, this.#follower.following);
  }

  /** What the reader does after a row with what comes next. */
  standingAt(row: number): Standing {
    return this.#standings.at(row);
  }

  disconnected(row: number, event: TapEvent): void {
    this.#follower.left();
    this.#standings.push(row, this.#follower.following, event);
  }

  unreadable(row: number): void {
    this.#follower.unreadable();
    this.#standings.push(row, this.#follower.following);
  }

  /** Forgets the states before a row. */
  forget(row: number): void {
    this.#read.forget(row);
    this.#written.forget(row);
    this.#standings.forget(row);
  }

  take(row: number, event: MessageEvent, frame: Frame): Done {
    const { direction } = event;
    const before = this.#follower.state;
    const { reason, frame: changes } = this.#take(row, direction, frame);
    const { state, following } = this.#follower;
    this.#standings.push(row, following, event);
    if (state === before) return { reason, isReset: false };
    this.#read.push(row, state, before && changes);
    return { reason, isReset: before !== undefined && state !== undefined && !changes };
  }

  #take(row: number, direction: "sent" | "received", frame: Frame): Followed {
    const isSent = direction === "sent";
    switch (frame.type) {
      case "subscribe":
        return { reason: this.#follower.subscribed(frame) };
      case "unsubscribe":
        this.#follower.left();
        return { reason: undefined };
      case "history":
        return { reason: this.#follower.asked(frame) };
      case "changes":
        if (isSent) return { reason: this.#writing.sent(row, frame) };
        return this.#follower.received(frame);
      case "subscribed":
      case "snapshot":
      case "checkpoint":
      case "history_page":
        return this.#follower.received(frame);
      case "error":
        if (!isSent && frame.request !== undefined) return this.#follower.received(frame);
        return { reason: "refused" };
      case "ack":
        return { reason: frame.refused && "refused" };
      default:
        return { reason: undefined };
    }
  }
}

/** The channels of a wire. */
export class Channels {
  readonly #records = new Map<string, ChannelRecord>();
  #names: readonly string[] = [];

  /** In the order in which they came up; the same list until there is another one. */
  get names(): readonly string[] {
    return this.#names;
  }

  get(name: string): ChannelRecord | undefined {
    return this.#records.get(name);
  }

  /** The record of a channel, a new one if need be; undefined past the bound. */
  of(name: string): ChannelRecord | undefined {
    const known = this.#records.get(name);
    if (known || this.#records.size >= MAX_CHANNELS) return known;
    const record = new ChannelRecord(name);
    this.#records.set(name, record);
    this.#names = [...this.#names, name];
    return record;
  }

  disconnected(row: number, event: TapEvent): void {
    for (const record of this.#records.values()) record.disconnected(row, event);
  }

  unreadable(row: number): void {
    for (const record of this.#records.values()) record.unreadable(row);
  }

  /** How each channel's reader stood after a row, as far as that can be said. */
  *openingsAt(row: number): Generator<Opening> {
    for (const [channel, record] of this.#records) {
      const { kind, events } = record.standingAt(row);
      const state = record.timeline("read").stateAt(row);
      if (kind !== "unclear") yield { channel, kind, events, state };
    }
  }
}
