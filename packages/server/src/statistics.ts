import { CLOSE_CODES, ERROR_CODES } from "@deltawire/spec";
import { type DemandReport, DemandStatistics } from "./demand-statistics.js";
import type { Gauges } from "./gauges.js";
import { type Distribution, Histogram } from "./histogram.js";

/** Bounds of buckets, in milliseconds: those that OpenTelemetry advises for streamed output. */
const FIRST_CHUNK = [1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const EACH_CHUNK = [10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2500];
const LATENCY = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 5000, 30_000];

/** What {@link Statistics} need to time things. */
export interface Timekeeper {
  /** Milliseconds of the clock that every time handed to a hook is of. */
  now(): number;
  /** Runs something once what was handed to the sockets in this turn has been written. */
  afterWrites(run: () => void): void;
}

/** How a consumer that stated a version was brought to the present one. */
export type Resumption = "current" | "changes" | "snapshot";

/**
 * Why a consumer had to be repaired on a connection that was there: it saw a `gap`, or asked for a
 * snapshot since it could not go on (`mismatch`).
 */
export type ResyncCause = "gap" | "mismatch";

/** Counts by a name from a set that is closed. */
type Counts = Readonly<Record<string, number>>;

/** What a server has done since it was made, or since the last reset; times in milliseconds. */
export interface StatisticsReport {
  /** Milliseconds that the counts are of. */
  readonly period: number;
  readonly connections: { readonly open: number; readonly opened: number; readonly closed: Counts };
  readonly subscriptions: {
    readonly open: number;
    /** Subscribed without a version. */
    readonly joined: number;
    readonly resumed: Counts;
    readonly resyncs: Counts;
    readonly behind: Gauges["behind"];
    /** Those by a filter among the `open` ones. */
    readonly filtered: {
      readonly open: number;
      /** Different filters of all channels. */
      readonly filters: number;
      /** Times that all who follow by one were sent it anew, as a message began to match in its midst. */
      readonly anew: number;
    };
  };
  readonly channels: number;
  readonly on_demand: DemandReport;
  readonly frames: {
    readonly in: number;
    readonly out: number;
    /** Frames that were not sent by themselves: a composed one took their place. */
    readonly coalesced: number;
    readonly catch_ups: number;
    readonly dropped_pins: number;
  };
  readonly bytes: {
    readonly in: number;
    readonly out: number;
    /** What it would have cost to send each changed message whole, see `ChannelMeter`. */
    readonly resending: number;
    /** `resending` / `out`; 0 while nothing was delivered. */
    readonly reduction: number;
  };
  /** Of `out`: the frames of channels, which are what there is to make smaller. */
  readonly payload: {
    /** What they would have had as they are without compact values and compression. */
    readonly original: number;
    readonly sent: number;
    /** `original` / `sent`; 0 while nothing was delivered. */
    readonly reduction: number;
    /** Messages that went compressed. */
    readonly compressed: number;
  };
  readonly time_to_first_chunk: Distribution;
  readonly time_per_chunk: Distribution;
  readonly delivery_latency: Distribution;
  /** Error frames that were sent, and refused changes, by code. */
  readonly errors: Counts;
  readonly refused: Counts;
  /** Commands that have ended: `done`, `failed` by its handler, or the code of a failure. */
  readonly commands: Counts;
}

/**
 * What a server does, in numbers. Each hook is a few additions: they are called for every frame.
 */
export class Statistics {
  readonly firstChunk: Histogram = new Histogram(FIRST_CHUNK);
  readonly eachChunk: Histogram = new Histogram(EACH_CHUNK);
  readonly latency: Histogram = new Histogram(LATENCY);
  readonly demand: DemandStatistics = new DemandStatistics();
  readonly #time: Timekeeper;
  #since: number;
  #appendedAt: number | undefined;
  // What is open is not reset.
  #connections = 0;
  #subscriptions = 0;
  #count = zero();

  constructor(time: Timekeeper) {
    this.#time = time;
    this.#since = time.now();
  }

  /** A connection was accepted. */
  opened(): void {
    this.#connections += 1;
    this.#count.opened += 1;
  }

  /** A connection is gone, by a close code (RFC 6455). */
  closed(code: number): void {
    this.#connections -= 1;
    add(this.#count.closed, KNOWN_CLOSES.has(code) ? String(code) : "other");
  }

  /** A consumer began to follow a channel (1), or stopped (-1). */
  followed(difference: 1 | -1): void {
    this.#subscriptions += difference;
  }

  /** A `subscribe` without a version was answered. */
  joined(): void {
    this.#count.joined += 1;
  }

  /** A `subscribe` with a version, the first one of its connection and channel, was answered. */
  resumed(outcome: Resumption): void {
    add(this.#count.resumed, outcome);
  }

  /** A consumer that followed a channel has to be brought back to it. */
  resynced(cause: ResyncCause): void {
    add(this.#count.resyncs, cause);
  }

  /** All who follow a channel by a filter are brought to another view. */
  filteredAnew(): void {
    this.#count.filteredAnew += 1;
  }

  /** A message came over a connection. */
  received(bytes: number): void {
    this.#count.framesIn += 1;
    this.#count.bytesIn += bytes;
  }

  /** A message was handed to a connection; bytes without those of the transport. */
  sent(bytes: number): void {
    this.#count.framesOut += 1;
    this.#count.bytesOut += bytes;
  }

  /** A frame of a channel was among what was {@link sent}, in so many bytes instead of `original`. */
  delivered(original: number, bytes: number, isCompressed: boolean): void {
    this.#count.original += original;
    this.#count.payload += bytes;
    if (isCompressed) this.#count.compressed += 1;
  }

  /** One frame took a slow consumer over several versions, or a snapshot did. */
  caughtUp(versions: number): void {
    this.#count.catchUps += 1;
    if (versions > 1) this.#count.coalesced += versions - 1;
  }

  /** A state that snapshots were sent from was given up; those who read it begin again. */
  pinDropped(): void {
    this.#count.droppedPins += 1;
  }

  /** Sending messages whole would have cost this. */
  saved(bytes: number): void {
    this.#count.resending += bytes;
  }

  /** The log took a frame at a time, and what is due of it leaves at the end of this turn. */
  appended(at: number): void {
    if (this.#appendedAt !== undefined) return;
    this.#appendedAt = at;
    this.#time.afterWrites(this.#onWritten);
  }

  readonly #onWritten = (): void => {
    if (this.#appendedAt !== undefined) this.latency.observe(this.#time.now() - this.#appendedAt);
    this.#appendedAt = undefined;
  };

  /** A consumer got something this long after the log took it, since it was slow. */
  deliveredLate(milliseconds: number): void {
    this.latency.observe(milliseconds);
  }

  /** An error was sent. */
  failed(code: string): void {
    add(this.#count.errors, KNOWN_ERRORS.has(code) ? code : "internal");
  }

  /** Changes were dropped. */
  refused(code: string, changes: number): void {
    add(this.#count.refused, KNOWN_ERRORS.has(code) ? code : "internal", changes);
  }

  /** A command has ended: without a code it is done. */
  commanded(code?: string): void {
    const failure = code !== undefined && KNOWN_ERRORS.has(code) ? code : "failed";
    add(this.#count.commands, code === undefined ? "done" : failure);
  }

  /** Counts from 0 again; what is open stays. */
  reset(): void {
    this.#since = this.#time.now();
    this.#count = zero();
    for (const histogram of [this.firstChunk, this.eachChunk, this.latency]) histogram.reset();
    this.demand.reset();
  }

  report({ channels, behind, filtered, on_demand }: Gauges): StatisticsReport {
    const { opened, closed, joined, resumed, resyncs, ...count } = this.#count;
    return {
      period: Math.round(this.#time.now() - this.#since),
      connections: { open: this.#connections, opened, closed: { ...closed } },
      subscriptions: {
        open: this.#subscriptions,
        joined,
        resumed: { ...resumed },
        resyncs: { ...resyncs },
        behind,
        filtered: {
          open: filtered.subscriptions,
          filters: filtered.filters,
          anew: count.filteredAnew,
        },
      },
      channels,
      on_demand: this.demand.report(on_demand),
      frames: {
        in: count.framesIn,
        out: count.framesOut,
        coalesced: count.coalesced,
        catch_ups: count.catchUps,
        dropped_pins: count.droppedPins,
      },
      bytes: {
        in: count.bytesIn,
        out: count.bytesOut,
        resending: count.resending,
        reduction: ratio(count.resending, count.bytesOut),
      },
      payload: {
        original: count.original,
        sent: count.payload,
        reduction: ratio(count.original, count.payload),
        compressed: count.compressed,
      },
      time_to_first_chunk: this.firstChunk.report(),
      time_per_chunk: this.eachChunk.report(),
      delivery_latency: this.latency.report(),
      errors: { ...count.errors },
      refused: { ...count.refused },
      commands: { ...count.commands },
    };
  }
}

const KNOWN_ERRORS: ReadonlySet<string> = new Set(Object.values(ERROR_CODES).flat());
const KNOWN_CLOSES: ReadonlySet<number> = new Set([...Object.values(CLOSE_CODES), 1005, 1006]);

/** To two places; 0 where there is nothing to compare. */
const ratio = (one: number, other: number): number =>
  other === 0 ? 0 : Math.round((one / other) * 100) / 100;

/** Adds to a count, which is there: names come from a closed set. */
function add(counts: Record<string, number>, name: string, difference = 1): void {
  counts[name] = (counts[name] ?? 0) + difference;
}

const zero = () => ({
  opened: 0,
  closed: {} as Record<string, number>,
  joined: 0,
  resumed: { current: 0, changes: 0, snapshot: 0 } as Record<string, number>,
  resyncs: { gap: 0, mismatch: 0 } as Record<string, number>,
  framesIn: 0,
  framesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  original: 0,
  payload: 0,
  compressed: 0,
  resending: 0,
  coalesced: 0,
  catchUps: 0,
  droppedPins: 0,
  filteredAnew: 0,
  errors: {} as Record<string, number>,
  refused: {} as Record<string, number>,
  commands: {} as Record<string, number>,
});
