import type { Clock } from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol";
import { DeltawireError } from "@deltawire/spec";
import type { Archive } from "./engine/archive.js";
import type { ChannelSave, SaveAnswer, Store } from "./store.js";
import { StoreHealth, type StoreHealthHost } from "./write-behind-health.js";

/** Milliseconds from a change to the save that it goes with. */
const PERIOD = 200;

/** Milliseconds that what has ended is waited with: what ends in one turn of the loop goes together. */
const SOON = 1;

/** Milliseconds after which a save without an answer is told of. */
const SLOW = 30_000;

/** About the size of one save. */
const MAX_SIZE = 8 << 20;

/** A channel that is brought to its store. */
export interface ArchivedChannel {
  readonly name: string;
  readonly archive: Archive;
  /** The channel after the last frame that its archive has noted. */
  readonly state: ChannelState;
  /**
   * A save of it was answered. After a conflict the store has something else: another server has
   * saved more than this one knows, or something was lost. It is saved again until that works.
   */
  onAnswered(answer: SaveAnswer): void;
}

interface Kept {
  readonly channel: ArchivedChannel;
  /** Saves of it alone, in a row, that came to nothing. */
  failures: number;
  cancelRetry: (() => void) | undefined;
}

/** What goes to the store of a channel. */
interface Item {
  readonly kept: Kept;
  readonly save: ChannelSave;
}

/** Somebody waits until everything, or one channel, is in the store. */
interface Waiter {
  readonly name: string | undefined;
  resolve(isSettled: boolean): void;
}

/**
 * Brings the channels of a server to its store, behind the stream.
 *
 * 1. What changes is saved within 200 ms, with what else has changed meanwhile; what ends, at once.
 * 2. There is always a save after the last change.
 * 3. One save is on its way at a time, whatever the store does.
 * 4. What fails is tried again until it is there; a channel that fails does not keep others.
 */
export class WriteBehind {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #health: StoreHealth;
  readonly #channels = new Map<string, Kept>();
  /** To be saved with the next period. */
  readonly #waiting = new Set<Kept>();
  /** To be saved now; the one that has waited longest first. */
  readonly #due = new Set<Kept>();
  readonly #waiters = new Set<Waiter>();
  #isSaving = false;
  #running: Promise<void> = Promise.resolve();
  #cancelPeriod: (() => void) | undefined;
  #cancelSoon: (() => void) | undefined;

  constructor(store: Store, host: StoreHealthHost) {
    this.#store = store;
    this.#clock = host.clock;
    this.#health = new StoreHealth(host);
  }

  /** Channels that something is to be saved of, but for those on their way. */
  get pending(): number {
    return this.#waiting.size + this.#due.size;
  }

  /** Whether the last save came to nothing. */
  get isFailing(): boolean {
    return this.#health.isFailing;
  }

  /** Begins with a channel, in place of one of the same name. */
  keep(channel: ArchivedChannel): void {
    this.drop(channel.name);
    this.#channels.set(channel.name, { channel, failures: 0, cancelRetry: undefined });
    this.changed(channel.name);
  }

  /** Resolves once the save that is on its way was answered: it may be of a channel that was dropped. */
  answered(): Promise<void> {
    return this.#running;
  }

  /** Leaves a channel alone from now on, whatever of it is not saved. */
  drop(name: string): void {
    const kept = this.#channels.get(name);
    if (!kept) return;
    kept.cancelRetry?.();
    this.#channels.delete(name);
    this.#waiting.delete(kept);
    this.#due.delete(kept);
    this.#tellWaiters();
  }

  /** A channel's archive has noted something. O(1). */
  changed(name: string): void {
    const kept = this.#channels.get(name);
    if (!kept || kept.cancelRetry || this.#due.has(kept)) return;
    const { archive } = kept.channel;
    if (archive.isUrgent) {
      this.#waiting.delete(kept);
      this.#due.add(kept);
      this.#goSoon();
    } else if (!archive.isSettled) {
      this.#waiting.add(kept);
      this.#cancelPeriod ??= this.#clock.after(PERIOD, () => this.#endPeriod());
    }
  }

  /**
   * Saves what is not saved, without waiting for a period or a pause.
   *
   * @param name of a channel; undefined: all of them
   * @param within milliseconds after which it is given up. @default 10,000
   * @returns whether the store has everything that there was when it resolved
   */
  flush(name?: string, within: number = 10_000): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(within, () => waiter.resolve(false));
      const waiter: Waiter = {
        name,
        resolve: (isSettled) => {
          cancel();
          this.#waiters.delete(waiter);
          resolve(isSettled);
        },
      };
      this.#waiters.add(waiter);
      for (const kept of this.#unsettled(name)) {
        kept.cancelRetry?.();
        kept.cancelRetry = undefined;
        this.#hurry(kept);
      }
      this.#health.resume();
      this.#tellWaiters();
      this.#go();
    });
  }

  /** Saves nothing more; who waits is told that it was given up. */
  close(): void {
    for (const waiter of [...this.#waiters]) waiter.resolve(false);
    for (const name of [...this.#channels.keys()]) this.drop(name);
    this.#cancelPeriod?.();
    this.#cancelSoon?.();
    this.#health.resume();
  }

  #unsettled(name: string | undefined): Kept[] {
    const kept = name === undefined ? [...this.#channels.values()] : [this.#channels.get(name)];
    return kept.filter((one) => one !== undefined && !one.channel.archive.isSettled) as Kept[];
  }

  #hurry(kept: Kept): void {
    this.#waiting.delete(kept);
    this.#due.add(kept);
  }

  #tellWaiters(): void {
    for (const waiter of [...this.#waiters]) {
      const unsettled = this.#unsettled(waiter.name);
      if (unsettled.length === 0) waiter.resolve(true);
      for (const kept of unsettled) if (this.#waiting.has(kept)) this.#hurry(kept);
    }
  }

  #endPeriod(): void {
    this.#cancelPeriod = undefined;
    for (const kept of this.#waiting) this.#due.add(kept);
    this.#waiting.clear();
    this.#go();
  }

  #goSoon(): void {
    this.#cancelSoon ??= this.#clock.after(SOON, () => {
      this.#cancelSoon = undefined;
      this.#go();
    });
  }

  /** Saves what is due, if that is possible now; whatever keeps it from that comes back here. */
  #go(): void {
    if (this.#isSaving || this.#health.isPaused || this.#due.size === 0) return;
    const batch = this.#batch();
    if (batch.length === 0) return;
    this.#isSaving = true;
    this.#running = this.#save(batch).finally(() => {
      this.#isSaving = false;
      this.#tellWaiters();
      this.#go();
    });
  }

  #batch(): Item[] {
    const batch: Item[] = [];
    let size = 0;
    for (const kept of this.#due) {
      const isAlone = kept.failures > 0;
      if (isAlone && batch.length > 0) continue;
      this.#due.delete(kept);
      const { archive, state } = kept.channel;
      const save = archive.take(state);
      if (!save) continue;
      batch.push({ kept, save });
      size += archive.size;
      if (isAlone || batch.length >= this.#health.limit || size >= MAX_SIZE) break;
    }
    return batch;
  }

  async #save(batch: readonly Item[]): Promise<void> {
    const cancelSlow = this.#clock.after(SLOW, () => {
      const what = `the store has not answered a save for ${SLOW / 1000} s; nothing is saved until it does`;
      this.#health.hangs(new DeltawireError("timeout", what));
    });
    let answers: readonly SaveAnswer[];
    try {
      answers = await this.#store.save(batch.map(({ save }) => save));
    } catch (error) {
      this.#failed(batch, error);
      return;
    } finally {
      cancelSlow();
    }
    this.#health.answered();
    batch.forEach(({ kept }, i) => {
      this.#answered(kept, answers[i] ?? "conflict");
    });
  }

  #answered(kept: Kept, answer: SaveAnswer): void {
    const { name, archive } = kept.channel;
    archive.answered(answer);
    if (this.#channels.get(name) === kept) {
      if (answer === "saved") kept.failures = 0;
      else this.#retry(kept);
      kept.channel.onAnswered(answer);
    }
  }

  #failed(batch: readonly Item[], error: unknown): void {
    const isAlone = batch.length === 1;
    const isKnown = isAlone && batch.every(({ kept }) => kept.failures > 0);
    for (const { kept } of batch) {
      const { name, archive } = kept.channel;
      archive.answered("failed");
      if (this.#channels.get(name) !== kept) continue;
      if (isAlone) this.#retry(kept);
      else this.#hurry(kept);
    }
    if (!isKnown) this.#health.failed(batch.length, error);
    this.#health.pause(() => this.#go());
  }

  /** Saves it again later, by itself. */
  #retry(kept: Kept): void {
    this.#waiting.delete(kept);
    this.#due.delete(kept);
    kept.failures += 1;
    kept.cancelRetry = this.#health.after(kept.failures, () => {
      kept.cancelRetry = undefined;
      this.#due.add(kept);
      this.#go();
    });
  }
}
