import type { TapEvent } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";
import type { Frame } from "@deltawire/spec";
import { Channels, type Done, type MessageEvent } from "./channels.js";
import { contentSize } from "./content-size.js";
import { Deque } from "./deque.js";
import { openingLines } from "./opening-lines.js";
import { Questions } from "./questions.js";
import { eventLines, type Gone, headLine } from "./recording-lines.js";
import { type Row, type RowKind, type Side, sideOf } from "./row.js";
import { Selected } from "./selected.js";
import { Tally, type Totals } from "./tally.js";
import { NO_VERSIONS, type Step, type Timeline, type Versions } from "./timeline.js";
import { wireSize } from "./wire-size.js";
import { withoutToken } from "./without-token.js";

const MAX_ROWS = 100_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** What can be listened to: a `Wire` of @deltawire/client. */
export interface TapSource {
  tap(listener: (event: TapEvent) => void): () => void;
}

/** How much a {@link Recorder} keeps, and when it tells of it. */
export interface RecorderOptions {
  /** Rows; the oldest go first. @default 100,000 */
  readonly maxRows?: number;
  /** Bytes of their messages; what they are decoded to comes on top. @default 67,108,864 (64 MiB) */
  readonly maxBytes?: number;
  /** Runs something soon, once. @default before the next animation frame, or in a task */
  readonly notify?: (run: () => void) => void;
}

/**
 * What crosses a wire, row by row, and the state of each channel after each row. Adding a row costs
 * what its frame costs to apply; nothing is computed for those who do not look.
 *
 * 1. Row n is the same for good; where it is gone, `row(n)` is undefined and {@link gone} counts it.
 * 2. The state after a row is what the reader showed then, or undefined where nobody can know that:
 *    an engine like the reader's has taken the same frames. See {@link Channels}.
 * 3. No row holds a token.
 */
export class Recorder {
  readonly #rows = new Deque<Row>();
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #notify: (run: () => void) => void;
  readonly #listeners = new Set<() => void>();
  readonly #channels = new Channels();
  readonly #totals = new Tally();
  readonly #questions = new Questions();
  readonly #selected = new Selected();
  /** Channels of which rows are gone. */
  readonly #stale = new Set<string>();
  readonly #untap: () => void;
  #transport: "websocket" | "http" = "websocket";
  #first = 0;
  #bytes = 0;
  #goneBytes = 0;
  #isNotifying = false;

  /**
   * @param source what is recorded from now on; without one, {@link take} adds what there is
   * @throws RangeError where a bound is below 1
   */
  constructor(source?: TapSource, options: RecorderOptions = {}) {
    const { maxRows = MAX_ROWS, maxBytes = MAX_BYTES, notify = soon } = options;
    if (!(maxRows >= 1) || !(maxBytes >= 1)) {
      throw new RangeError("maxRows and maxBytes of a Recorder are 1 or more");
    }
    this.#maxRows = maxRows;
    this.#maxBytes = maxBytes;
    this.#notify = notify;
    this.#untap = source?.tap((event) => this.take(event)) ?? (() => undefined);
  }

  /** The number of the oldest row that is kept; {@link end} where there is none. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next row has. */
  get end(): number {
    return this.#first + this.#rows.length;
  }

  /** What was kept once. */
  get gone(): Gone {
    return { rows: this.#first, bytes: this.#goneBytes };
  }

  /** The row of a number, where it is kept. */
  row(number: number): Row | undefined {
    return number < this.#first ? undefined : this.#rows.at(number - this.#first);
  }

  /** The channels that rows were of, in the order in which they came up. */
  get channels(): readonly string[] {
    return this.#channels.names;
  }

  /** What there was of a channel; of everything, the connections' own frames too, without a name. */
  totals(channel?: string): Totals | undefined {
    return channel === undefined ? this.#totals : this.#channels.get(channel)?.totals;
  }

  /** The versions of a channel that are kept. @param side by default what is read, if anything is */
  versions(channel: string, side?: Side): Versions {
    return this.#channels.get(channel)?.timeline(side) ?? NO_VERSIONS;
  }

  /**
   * The state of a channel after a row: as its reader showed it, or as it was written here.
   *
   * @param channel by default the row's own
   * @param side by default the one that the row is of; for another channel's, what is read
   * @returns undefined where there is none, or it cannot be known
   */
  stateAt(row: number, channel?: string, side?: Side): ChannelState | undefined {
    return this.#timeline(row, channel, side)?.stateAt(row);
  }

  /** {@link stateAt} before a row and after it; they share what the row did not change. */
  stepAt(row: number, channel?: string, side?: Side): Step {
    return (
      this.#timeline(row, channel, side)?.stepAt(row) ?? { before: undefined, after: undefined }
    );
  }

  #timeline(number: number, channel?: string, side?: Side): Timeline | undefined {
    const row = this.row(number);
    const name = channel ?? row?.channel;
    if (name === undefined || number < this.#first - 1) return undefined;
    const own = row && name === row.channel ? sideOf(row) : undefined;
    return this.#channels.get(name)?.timeline(side ?? own);
  }

  /** Calls back after rows have come or gone: together, by the `notify` option. Returns what stops it. */
  subscribe(listener: () => void): () => void {
    const own = () => listener(); // the same function may be subscribed twice
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Records nothing more of its source. What there is stays. */
  stop(): void {
    this.#untap();
  }

  /** Forgets the rows that there are. Totals and states go on. */
  clear(): void {
    while (this.#rows.length > 0) this.#forgetFirst();
    this.#forgetStates();
    this.#tell();
  }

  /**
   * The rows as lines of a file, each with its end; before them, the states that the first ones
   * apply to, and what their readers wait for. {@link readRecording} reads them.
   */
  *lines(): Generator<string> {
    yield headLine(this.gone);
    const at = this.#rows.at(0)?.at ?? 0;
    yield* openingLines(at, this.#channels.openingsAt(this.#first - 1));
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows.at(i);
      if (row) yield* eventLines(row.event);
    }
  }

  /** Adds what a tap has told. */
  take(told: TapEvent): void {
    const event = withoutToken(told);
    const row = event.type === "message" ? this.#message(event) : this.#other(event);
    this.#rows.push(row);
    this.#bytes += messageLength(event);
    while (this.#rows.length > this.#maxRows || this.#bytes > this.#maxBytes) {
      if (!this.#forgetFirst()) break;
    }
    this.#forgetStates();
    this.#tell();
  }

  #other(event: Exclude<TapEvent, MessageEvent>): Row {
    const row = { ...EMPTY, row: this.end, at: event.at, event };
    if (event.type === "channel") {
      const { channel, state } = event;
      this.#channels.of(channel)?.begin(row.row, state);
      return { ...row, kind: "state", channel, seq: state.seq };
    }
    const { type, connection, transport } = event;
    this.#transport = transport;
    this.#questions.clear();
    this.#selected.clear();
    if (type === "lost") this.#channels.disconnected(row.row, event);
    return { ...row, kind: type, connection };
  }

  #message(event: MessageEvent): Row {
    const { at, connection, direction, frame, message } = event;
    const number = this.end;
    const asked = frame && this.#questions.take(frame, direction, { row: number, at });
    if (event.error && direction === "received" && event.error.code !== "unknown_frame") {
      this.#channels.unreadable(number);
    }
    const channel = frame ? channelOf(frame) : this.#channelOf(event);
    const record = channel === undefined ? undefined : this.#channels.of(channel);
    const done = frame && record ? record.take(number, event, frame) : NOTHING;
    const row: Row = {
      row: number,
      at,
      connection,
      direction,
      kind: kindOf(event),
      channel,
      from: frame?.type === "changes" ? frame.from : undefined,
      seq: frame && seqOf(frame),
      size: wireSize(message, direction, this.#transport),
      content: frame ? contentSize(frame) : 0,
      reason: done.reason ?? (frame?.type === "error" ? "refused" : undefined),
      latency: asked && at - asked.at,
      answers: asked?.row,
      frame,
      event,
    };
    this.#totals.add(row, done.isReset);
    record?.totals.add(row, done.isReset);
    return row;
  }

  #channelOf({ message, direction, error }: MessageEvent): string | undefined {
    return error ? undefined : this.#selected.channelOf(message, direction);
  }

  #forgetFirst(): boolean {
    const row = this.#rows.shift();
    if (!row) return false;
    const length = messageLength(row.event);
    this.#first += 1;
    this.#bytes -= length;
    this.#goneBytes += length;
    if (row.channel !== undefined) this.#stale.add(row.channel);
    return true;
  }

  #forgetStates(): void {
    for (const name of this.#stale) this.#channels.get(name)?.forget(this.#first);
    this.#stale.clear();
  }

  #tell(): void {
    if (this.#isNotifying || this.#listeners.size === 0) return;
    this.#isNotifying = true;
    this.#notify(() => {
      this.#isNotifying = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

const messageLength = (event: TapEvent): number =>
  event.type === "message" ? event.message.length : 0;

const kindOf = ({ frame, error }: MessageEvent): RowKind =>
  frame?.type ?? (error ? "unreadable" : "select");

const channelOf = (frame: Frame): string | undefined =>
  "channel" in frame ? frame.channel : undefined;

/** The version that a frame leads to, states, asks from or acknowledges. */
function seqOf(frame: Frame): number | undefined {
  if (frame.type === "changes") return frame.to;
  return "seq" in frame ? frame.seq : undefined;
}

const NOTHING: Done = { reason: undefined, isReset: false };

const EMPTY = {
  connection: 0,
  direction: "none",
  channel: undefined,
  from: undefined,
  seq: undefined,
  size: 0,
  content: 0,
  reason: undefined,
  latency: undefined,
  answers: undefined,
  frame: undefined,
} as const;

function soon(run: () => void): void {
  const isPainted = typeof requestAnimationFrame === "function" && !globalThis.document?.hidden;
  if (isPainted) requestAnimationFrame(run);
  else setTimeout(run, 0);
}
