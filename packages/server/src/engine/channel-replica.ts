import type { ChannelState, Message } from "@deltawire/protocol";
import type { ChangesFrame, HistoryFrame, HistoryPageFrame } from "@deltawire/spec";
import type { CommandDesk } from "./command-desk.js";
import type { EngineSnapshot, Entry } from "./entry.js";
import { historyPage } from "./history.js";
import type { Ledger } from "./ledger.js";
import { snapshotOf } from "./ledger-snapshot.js";
import { hasOpenMessages } from "./open-messages.js";
import { type PassageOptions, passage, since, type Way } from "./passage.js";

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

  /** Frames after a version, up to the present one; undefined where the log does not reach back. */
  framesAfter(seq: number | undefined): Iterable<ChangesFrame> | undefined {
    return this.ledger.log.after(seq);
  }

  /** The latest version at which a message was stated whole that was there, where that is known. */
  get restatedAt(): number {
    return this.ledger.restatedAt;
  }

  /** See {@link since}. */
  since(seq: number | undefined, windowed: boolean = false): ChangesFrame | undefined {
    return since(this.#way, seq, windowed);
  }

  /** See {@link passage}. */
  passage(seq: number | undefined, options: PassageOptions): ChangesFrame | undefined {
    return passage(this.#way, seq, options);
  }

  get #way(): Way {
    const replica = this;
    const { channel, state, ledger } = this;
    const { log, restatedAt } = ledger;
    return {
      ...{ channel, state, log, restatedAt },
      get size() {
        return replica.size; // it is counted over all messages: only where it is asked for
      },
    };
  }

  /** @throws DeltawireError `unknown_message` where there is no message to go back from */
  page(frame: HistoryFrame): HistoryPageFrame {
    return historyPage(this.state, frame);
  }
}
