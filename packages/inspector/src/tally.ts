import type { Row, RowKind } from "./row.js";

/** How many, and how large. */
export interface Amount {
  readonly frames: number;
  /** Bytes on the wire: see {@link Row.size}. */
  readonly bytes: number;
}

/** What went one way. */
export interface Flow extends Amount {
  /** Bytes of content: see {@link Row.content}. */
  readonly content: number;
  readonly kinds: ReadonlyMap<RowKind, Amount>;
}

/**
 * What there was since the recorder began, rows that are gone included. The same object as long as
 * the recorder lives: it counts on.
 */
export interface Totals {
  readonly sent: Flow;
  readonly received: Flow;
  /** Bytes beyond the content, both ways; below 0 where compression saves more than that. */
  readonly overhead: number;
  /** How often a channel was asked for from nothing. */
  readonly joins: number;
  /** How often it was asked for anew, since something was missing or wrong. */
  readonly repairs: number;
  /** How often a state was replaced whole, but for the first one. */
  readonly resets: number;
  /** Frames that changed nothing: `repeated` and `ignored`. */
  readonly ignored: number;
}

class FlowTally implements Flow {
  frames = 0;
  bytes = 0;
  content = 0;
  readonly kinds: Map<RowKind, { frames: number; bytes: number }> = new Map();

  add({ kind, size, content }: Row): void {
    this.frames += 1;
    this.bytes += size;
    this.content += content;
    const amount = this.kinds.get(kind);
    if (!amount) {
      this.kinds.set(kind, { frames: 1, bytes: size });
      return;
    }
    amount.frames += 1;
    amount.bytes += size;
  }
}

/** Counts rows. */
export class Tally implements Totals {
  readonly sent: FlowTally = new FlowTally();
  readonly received: FlowTally = new FlowTally();
  joins = 0;
  repairs = 0;
  resets = 0;
  ignored = 0;

  get overhead(): number {
    const { sent, received } = this;
    return sent.bytes + received.bytes - sent.content - received.content;
  }

  /** @param isReset whether it replaced a state that was there */
  add(row: Row, isReset: boolean): void {
    if (row.direction !== "none") this[row.direction].add(row);
    if (row.kind === "subscribe" && row.reason === "joined") this.joins += 1;
    if (row.kind === "subscribe" && row.reason === "resynced") this.repairs += 1;
    if (row.reason === "repeated" || row.reason === "ignored") this.ignored += 1;
    if (isReset) this.resets += 1;
  }
}
