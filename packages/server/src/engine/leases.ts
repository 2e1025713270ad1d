import type { AbsentRow } from "./entry.js";

/** How long a producer that is gone is waited for. */
export interface LeaseTimes {
  /** Milliseconds after which its open messages are `interrupted`. @default 15,000 */
  readonly lease: number;
  /** Milliseconds after which they have `failed`. @default 600,000 */
  readonly lost: number;
}

export const LEASE_TIMES: LeaseTimes = { lease: 15_000, lost: 600_000 };

/** Producers whose time is up. */
export interface Lapsed {
  readonly interrupted: readonly string[];
  readonly lost: readonly string[];
}

interface Absence {
  readonly since: number;
  isInterrupted: boolean;
}

/**
 * Producers of a channel that are gone, and since when. Pure: time is handed in.
 *
 * 1. Nobody is here who is attached.
 * 2. Past the bound those are forgotten first who own nothing any more, so that there are never
 *    more than open messages, or the bound.
 */
export class Leases {
  readonly #times: LeaseTimes;
  readonly #absent = new Map<string, Absence>();

  constructor(times: LeaseTimes) {
    this.#times = times;
  }

  static restore(times: LeaseTimes, rows: readonly AbsentRow[]): Leases {
    const leases = new Leases(times);
    for (const { producer, since, interrupted } of rows) {
      leases.#absent.set(producer, { since, isInterrupted: interrupted });
    }
    return leases;
  }

  /** One that goes its own way from here. */
  fork(): Leases {
    return Leases.restore(this.#times, this.rows());
  }

  rows(): AbsentRow[] {
    return [...this.#absent].map(([producer, { since, isInterrupted }]) => ({
      producer,
      since,
      interrupted: isInterrupted,
    }));
  }

  clear(): void {
    this.#absent.clear();
  }

  get lease(): number {
    return this.#times.lease;
  }

  get size(): number {
    return this.#absent.size;
  }

  /** A producer is gone. */
  leave(producer: string, now: number): void {
    if (!this.#absent.has(producer)) {
      this.#absent.set(producer, { since: now, isInterrupted: false });
    }
  }

  /** Whether a producer is gone. */
  isAbsent(producer: string): boolean {
    return this.#absent.has(producer);
  }

  /** Whether its messages were interrupted. */
  isInterrupted(producer: string): boolean {
    return this.#absent.get(producer)?.isInterrupted ?? false;
  }

  /** A producer is there. */
  back(producer: string): void {
    this.#absent.delete(producer);
  }

  /** Forgets those who are not among these. */
  keep(owners: ReadonlySet<string>): void {
    for (const producer of this.#absent.keys()) {
      if (!owners.has(producer)) this.#absent.delete(producer);
    }
  }

  /** When somebody's time is up next; undefined while nobody is gone. */
  get dueAt(): number | undefined {
    let due: number | undefined;
    for (const absence of this.#absent.values()) {
      const at = this.#due(absence);
      if (due === undefined || at < due) due = at;
    }
    return due;
  }

  /** Those whose time is up. */
  due(now: number): Lapsed {
    const interrupted: string[] = [];
    const lost: string[] = [];
    for (const [producer, absence] of this.#absent) {
      if (this.#due(absence) > now) continue;
      if (absence.since + this.#times.lost <= now) lost.push(producer);
      else interrupted.push(producer);
    }
    return { interrupted, lost };
  }

  /** Takes note of them: each is named once as interrupted, and once as lost. */
  lapsed({ interrupted, lost }: Lapsed): void {
    for (const producer of lost) this.#absent.delete(producer);
    for (const producer of interrupted) {
      const absence = this.#absent.get(producer);
      if (absence) absence.isInterrupted = true;
    }
  }

  #due({ since, isInterrupted }: Absence): number {
    const { lease, lost } = this.#times;
    return since + (isInterrupted ? lost : Math.min(lease, lost));
  }
}
