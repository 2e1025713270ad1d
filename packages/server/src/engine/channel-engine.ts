import { apply, ChannelState, type Message } from "@deltawire/protocol";
import {
  type AckFrame,
  type Change,
  type ChangesFrame,
  DeltawireError,
  type HistoryFrame,
  type HistoryPageFrame,
  LIMITS,
  type ProducingFrame,
} from "@deltawire/spec";
import { admit } from "./admission.js";
import { FrameLog } from "./frame-log.js";
import { historyPage } from "./history.js";
import { LEASE_TIMES, Leases, type LeaseTimes } from "./leases.js";
import { remember } from "./memory.js";
import { type Claim, Producers } from "./producers.js";

/** Removed ids that a channel remembers. */
const MAX_TOMBSTONES = 1024;

/** Producers that are gone, above which it is looked at who of them still owns something. */
const MAX_ABSENT = 1024;

/** Size of a catch-up past which a snapshot is less work, and up to which it never is. */
const MAX_CATCH_UP = 1 << 20;
const PIECE = 32 * 1024;

/** What an append did. */
export interface Appended {
  /** The frame for every consumer; absent where nothing was left to append. */
  readonly frame?: ChangesFrame;
  readonly ack: AckFrame;
}

/** What an attachment did. */
export interface Attached {
  readonly producing: ProducingFrame;
  /** The frame for every consumer, where messages go on that were interrupted. */
  readonly frame: ChangesFrame | undefined;
}

/** How a consumer is brought to the present version. */
export interface PassageOptions {
  /** It was decided already that changes are less than a snapshot. */
  readonly begun: boolean;
  /** It holds the last messages only. */
  readonly windowed: boolean;
}

/**
 * A channel on the server: the order of its changes, who may make them, and how a consumer gets
 * from any version to the present one. Pure.
 *
 * 1. Every append that changes anything takes the channel's next version.
 * 2. A producer's frame is appended once: it continues that producer's versions, or it is a
 *    repetition, or a gap.
 * 3. Of two attachments of one producer the later one counts; the earlier one is fenced.
 * 4. What is appended is in the state, in the log and in the answer, or in none of them.
 * 5. Producers and removed ids are remembered up to a bound; those longest unheard of go first.
 * 6. An open message whose producer is gone is interrupted, and long after has failed.
 */
export class ChannelEngine {
  readonly #channel: string;
  readonly #log = new FrameLog();
  readonly #producers: Producers;
  readonly #leases: Leases;
  readonly #tombstones = new Map<string, number>();
  #state: ChannelState;
  /** Parts of open messages: every one of them has a number in the codec context. */
  #openParts = 0;
  /** The latest version at which a message was stated whole that was there. */
  #restatedAt = -1;

  /** @param epoch a name for this incarnation of the channel that no earlier one had */
  constructor(channel: string, epoch: string, times: LeaseTimes = LEASE_TIMES) {
    this.#channel = channel;
    this.#state = ChannelState.of(epoch);
    this.#producers = new Producers(channel);
    this.#leases = new Leases(times);
  }

  get state(): ChannelState {
    return this.#state;
  }

  /**
   * A producer begins to write, or takes over from an earlier attachment of its own.
   *
   * @throws DeltawireError `fenced`, see {@link Producers}
   */
  attach(producer: string, claim: Claim = {}): Attached {
    const { token, seq, refused } = this.#producers.attach(producer, claim);
    const { epoch } = this.#state;
    const { lease } = this.#leases;
    const head = { type: "producing", channel: this.#channel, producer, epoch } as const;
    const names =
      refused.length > 0 && claim.seq !== undefined
        ? { refused: refused.map(({ message, code, count }) => ({ message, code, count })) }
        : {};
    return { producing: { ...head, seq, token, lease, ...names }, frame: this.#goOn(producer) };
  }

  /**
   * A producer that was gone goes on under its token; returns the frame for every consumer, where
   * its messages were interrupted.
   *
   * @throws DeltawireError `fenced` after a later attachment, or where the producer was forgotten
   */
  renew(producer: string, token: number): ChangesFrame | undefined {
    if (this.#producers.get(producer)?.token !== token) throw this.#producers.fenced(producer);
    return this.#goOn(producer);
  }

  #goOn(producer: string): ChangesFrame | undefined {
    if (!this.#leases.back(producer)) return undefined;
    return this.#commit(this.#statusOf(new Set([producer]), "interrupted", "streaming"));
  }

  /** The connection of an attachment is gone. */
  detach(producer: string, token: number, now: number): void {
    if ((this.#producers.get(producer)?.token ?? token) !== token) return;
    const owned = this.#state.messages.some((m) => !m.isFinal && m.origin === producer);
    if (owned) this.#leases.leave(producer, now);
    if (this.#leases.size <= MAX_ABSENT) return;
    const open = this.#state.messages.filter(({ isFinal }) => !isFinal);
    this.#leases.keep(new Set(open.flatMap(({ origin }) => origin ?? [])));
  }

  /** When {@link lapse} has something to do next; undefined while no producer is gone. */
  get dueAt(): number | undefined {
    return this.#leases.dueAt;
  }

  /** Ends what producers have left open whose time is up; the frame for every consumer, if any. */
  lapse(now: number): ChangesFrame | undefined {
    const { interrupted, lost } = this.#leases.lapse(now);
    const ended = new Set(lost);
    const changes = this.#statusOf(new Set(interrupted), "streaming", "interrupted");
    for (const message of this.#state.messages) {
      if (message.isFinal || message.origin === undefined || !ended.has(message.origin)) continue;
      const error = { code: "producer_lost", message: "its producer did not come back" };
      const digests = message.digests();
      changes.push({ type: "message_completed", id: message.id, status: "failed", error, digests });
    }
    return this.#commit(changes);
  }

  #statusOf(
    producers: ReadonlySet<string>,
    from: "streaming" | "interrupted",
    status: "streaming" | "interrupted",
  ): Change[] {
    return this.#state.messages
      .filter((m) => m.status === from && m.origin !== undefined && producers.has(m.origin))
      .map(({ id }) => ({ type: "message_patch", id, status }));
  }

  /** Appends changes of the server's own. */
  #commit(changes: readonly Change[]): ChangesFrame | undefined {
    if (changes.length === 0 || this.#state.closed) return undefined;
    const from = this.#state.seq;
    const head = { type: "changes", channel: this.#channel } as const;
    const frame: ChangesFrame = { ...head, from, to: from + 1, changes };
    const state = apply(this.#state, frame);
    this.#openParts += this.#opened(changes, state);
    this.#state = state;
    this.#log.append(frame);
    return frame;
  }

  /**
   * Appends a producer's frame.
   *
   * @throws DeltawireError `fenced` after a later attachment, `gap` where frames are missing or the
   *   producer was forgotten, `limit_exceeded`, and what {@link admit} throws; the channel is what
   *   it was then
   */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const channel = this.#channel;
    const known = this.#producers.get(producer);
    if (known && known.token !== token) throw this.#producers.fenced(producer);
    if (known && frame.to <= known.seq) {
      const again = known.refused.filter(({ seq }) => seq > frame.from && seq <= frame.to);
      const names = again.map(({ message, code, count }) => ({ message, code, count }));
      return {
        ack: { type: "ack", channel, seq: known.seq, ...(names.length > 0 && { refused: names }) },
      };
    }
    if (!known || frame.from !== known.seq) {
      const where = known ? `is at version ${known.seq}` : "was forgotten";
      const what = `producer ${producer} ${where}, the frame begins at ${frame.from}; attach anew`;
      throw new DeltawireError("gap", what, { channel, path: "/from" });
    }
    const { changes, refused, removed, stale, state } = admit(this.#state, frame.changes, {
      producer,
      isOutrankedBy: (owner) => (this.#producers.get(owner)?.token ?? 0) > token,
      tombstones: this.#tombstones,
      stale: known.stale,
    });
    const opened = this.#opened(changes, state);
    this.#producers.heard(producer, frame.to, stale, refused);
    const names = refused.length > 0 ? { refused } : {};
    const ack: AckFrame = { type: "ack", channel, seq: frame.to, ...names };
    if (changes.length === 0) return { ack };
    for (const [id, generation] of removed) {
      remember(this.#tombstones, id, generation, MAX_TOMBSTONES);
    }
    const from = this.#state.seq;
    const appended: ChangesFrame = { type: "changes", channel, from, to: from + 1, changes };
    for (const change of changes) {
      if (isRestated(this.#state, change)) this.#restatedAt = appended.to;
    }
    this.#state = state.with({ seq: appended.to });
    this.#openParts += opened;
    this.#log.append(appended);
    return { frame: appended, ack };
  }

  /** By how much changes raise the number of open parts. */
  #opened(changes: readonly Change[], next: ChannelState): number {
    if (changes.every(isOfContent)) return 0;
    let opened = 0;
    for (const id of new Set(changes.map((change) => ("id" in change ? change.id : "")))) {
      opened += openParts(next.message(id)) - openParts(this.#state.message(id));
    }
    if (opened > 0 && this.#openParts + opened > LIMITS.max_list_length) {
      const what = `max_list_length (${LIMITS.max_list_length}) exceeded by parts of open messages`;
      throw new DeltawireError("limit_exceeded", what, { channel: this.#channel, path: "" });
    }
    return opened;
  }

  /**
   * Whether a frame is not for one who holds the last messages only: what it states whole was there
   * before, and would come last where it is not known.
   */
  isForWhole(frame: ChangesFrame): boolean {
    return frame.to === this.#restatedAt;
  }

  /** About the bytes of the channel's state. */
  get size(): number {
    return this.#state.messages.reduce((sum, { size }) => sum + size + 64, 64);
  }

  /** Whether the log knows what happened after a version. */
  reaches(seq: number): boolean {
    return seq === this.#state.seq || this.#log.reaches(seq);
  }

  /**
   * What happened after a version, as one frame; undefined where the log does not reach back, and
   * where a snapshot is less. `windowed`: it is for one who has the last messages only.
   */
  since(seq: number | undefined, windowed: boolean = false): ChangesFrame | undefined {
    const composition = this.#log.since(seq);
    if (!composition || seq === undefined) return undefined;
    if (composition.size > this.#worth || (windowed && seq < this.#restatedAt)) return undefined;
    const result = windowed ? undefined : this.#state; // see passage
    return this.#composed(seq, this.#state.seq, composition.changes(result));
  }

  /**
   * The frame that brings a consumer from a version to the present one, or on the way there, since
   * a piece that is sent to one who reads slowly is small; undefined where it takes a snapshot.
   */
  passage(seq: number | undefined, options: PassageOptions): ChangesFrame | undefined {
    const { begun, windowed } = options;
    const run = this.#log.run(seq, PIECE);
    if (!run || seq === undefined || (windowed && seq < this.#restatedAt)) return undefined;
    const { composition, to } = run;
    const isAll = to === this.#state.seq;
    if (!begun) {
      const { size } = isAll ? composition : (this.#log.since(seq) ?? composition);
      if (size > this.#worth) return undefined;
    }
    // Stating a message whole, as the smaller form, would add it where the window begins later.
    const result = isAll && !windowed ? this.#state : undefined;
    return this.#composed(seq, to, composition.changes(result));
  }

  /** Size up to which changes are less than a snapshot: what they come to is smaller, often half. */
  get #worth(): number {
    return Math.max(PIECE, Math.min(2 * this.size, MAX_CATCH_UP));
  }

  #composed(from: number, to: number, changes: readonly Change[]): ChangesFrame {
    return { type: "changes", channel: this.#channel, from, to, changes };
  }

  /** @throws DeltawireError `unknown_message` where there is no message to go back from */
  page(frame: HistoryFrame): HistoryPageFrame {
    return historyPage(this.#state, frame);
  }
}

const isRestated = (before: ChannelState, change: Change): boolean =>
  change.type === "message_added" && change.generation === 0 && !!before.message(change.id);

/** Whether a change leaves the parts that are there what they are, but for their content. */
const isOfContent = (change: Change): boolean =>
  change.type === "message_patch" &&
  (change.parts ?? []).every(({ type }) => type !== "part_inserted" && type !== "part_removed");

const openParts = (message: Message | undefined): number =>
  message && !message.isFinal ? message.parts.length : 0;
