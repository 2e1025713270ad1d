import type { ChannelState, Message } from "@deltawire/protocol";
import type { Change, ChangesFrame, HistoryFrame, HistoryPageFrame } from "@deltawire/spec";
import type { CommandDesk } from "./command-desk.js";
import type { EngineSnapshot, Entry } from "./entry.js";
import { historyPage } from "./history.js";
import type { Ledger } from "./ledger.js";
import { snapshotOf } from "./ledger-snapshot.js";
import { hasOpenMessages } from "./open-messages.js";

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

/** A channel, to be read: what it is, and how a consumer gets from any version to the present one. */
export class ChannelReplica {
  protected readonly channel: string;
  protected ledger: Ledger;

  protected constructor(channel: string, ledger: Ledger) {
    this.channel = channel;
    this.ledger = ledger;
  }

  /** Everything that it knows; see {@link snapshotOf}. */
  snapshot(isStored?: (message: Message) => boolean): EngineSnapshot {
    return snapshotOf(this.ledger, isStored);
  }

  get state(): ChannelState {
    return this.ledger.state;
  }

  /** The server that sees to the channel. */
  get keeper(): string | undefined {
    return this.ledger.keeper;
  }

  /** Completed messages whose hooks have not run: their generations, by id. */
  get pending(): ReadonlyMap<string, number> {
    return this.ledger.pending;
  }

  /** When the messages that have ended did: milliseconds, by id. */
  get ended(): ReadonlyMap<string, number> {
    return this.ledger.ended;
  }

  /** The greatest fencing token that was given. */
  get token(): number {
    return this.ledger.producers.token;
  }

  /** Whether a message was removed in a generation, or a later one. */
  isRemoved(id: string, generation: number): boolean {
    return (this.ledger.tombstones.get(id) ?? -1) >= generation;
  }

  /** Whether there is something that somebody has to see to. */
  get isUnfinished(): boolean {
    const { pending, desk, openParts, state } = this.ledger;
    const hasWork = pending.size > 0 || openParts > 0 || !desk.isIdle;
    return hasWork || hasOpenMessages(state); // it looks through them: last
  }

  /** The channel's commands, to look at. */
  get desk(): CommandDesk {
    return this.ledger.desk;
  }

  /** Producers that are attached at servers, with the servers' ids. */
  attached(): Iterable<readonly [producer: string, server: string]> {
    return this.ledger.producers.attached();
  }

  /** The program run that a producer's latest attachment is of. */
  instanceOf(producer: string): string | undefined {
    return this.ledger.producers.get(producer)?.instance;
  }

  /** The token of a producer's latest attachment. */
  tokenOf(producer: string): number | undefined {
    return this.ledger.producers.get(producer)?.token;
  }

  /** Whether a producer is taken for gone. */
  isAbsent(producer: string): boolean {
    return this.ledger.leases.isAbsent(producer);
  }

  /**
   * Whether a frame is not for one who holds the last messages only: what it states whole was there
   * before, and would come last where it is not known.
   */
  isForWhole(frame: ChangesFrame): boolean {
    return frame.to === this.ledger.restatedAt;
  }

  /** About the bytes of the channel's state. */
  get size(): number {
    return this.state.messages.reduce((sum, { size }) => sum + size + 64, 64);
  }

  /**
   * Takes note of entries from before the state, in order: consumers that are behind can be caught
   * up from them.
   *
   * @param seq the channel's version before the first of them
   */
  recall(seq: number, entries: readonly Entry[]): void {
    const { log } = this.ledger;
    let from = seq;
    for (const entry of entries) {
      if (entry.type === "begun") {
        log.clear();
        from = entry.channel.seq;
      }
      const changes = "changes" in entry ? entry.changes : [];
      if (changes.length === 0) continue;
      log.append({ type: "changes", channel: this.channel, from, to: from + 1, changes });
      from += 1;
    }
  }

  /** Whether the log knows what happened after a version. */
  reaches(seq: number): boolean {
    return seq === this.state.seq || this.ledger.log.reaches(seq);
  }

  /**
   * What happened after a version, as one frame; undefined where the log does not reach back, and
   * where a snapshot is less. `windowed`: it is for one who has the last messages only.
   */
  since(seq: number | undefined, windowed: boolean = false): ChangesFrame | undefined {
    const composition = this.ledger.log.since(seq);
    if (!composition || seq === undefined) return undefined;
    if (composition.size > this.#worth || (windowed && seq < this.ledger.restatedAt))
      return undefined;
    const result = windowed ? undefined : this.state; // see passage
    return this.#composed(seq, this.state.seq, composition.changes(result));
  }

  /**
   * The frame that brings a consumer from a version to the present one, or on the way there, since
   * a piece that is sent to one who reads slowly is small; undefined where it takes a snapshot.
   */
  passage(seq: number | undefined, options: PassageOptions): ChangesFrame | undefined {
    const { begun, windowed } = options;
    const run = this.ledger.log.run(seq, PIECE);
    if (!run || seq === undefined || (windowed && seq < this.ledger.restatedAt)) return undefined;
    const { composition, to } = run;
    const isAll = to === this.state.seq;
    if (!begun) {
      const { size } = isAll ? composition : (this.ledger.log.since(seq) ?? composition);
      if (size > this.#worth) return undefined;
    }
    // Stating a message whole, as the smaller form, would add it where the window begins later.
    const result = isAll && !windowed ? this.state : undefined;
    return this.#composed(seq, to, composition.changes(result));
  }

  /** Size up to which changes are less than a snapshot: what they come to is smaller, often half. */
  get #worth(): number {
    return Math.max(PIECE, Math.min(2 * this.size, MAX_CATCH_UP));
  }

  #composed(from: number, to: number, changes: readonly Change[]): ChangesFrame {
    return { type: "changes", channel: this.channel, from, to, changes };
  }

  /** @throws DeltawireError `unknown_message` where there is no message to go back from */
  page(frame: HistoryFrame): HistoryPageFrame {
    return historyPage(this.state, frame);
  }
}
