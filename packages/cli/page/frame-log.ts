import type { Wire } from "@deltawire/client";
import { FrameReader, type FrameRow } from "./frame-reader.js";
import { Store } from "./store.js";

/** Rows that are kept; each holds some first bytes and a line of text, never a frame. */
const MAX_ROWS = 2000;

/** The last frames of a viewer's connections. */
export class FrameLog {
  /** Counts the rows so far: another number after each animation frame that had new ones. */
  readonly count: Store<number> = new Store(0);
  /** Hears of each row. */
  onRow: (row: FrameRow) => void = () => undefined;
  readonly #rows: FrameRow[] = [];
  #total = 0;
  #isPending = false;
  #stop: () => void = () => undefined;

  /** Rows that are here now. */
  get length(): number {
    return this.#rows.length;
  }

  /** A row by its number among those that are here, the oldest first. */
  at(index: number): FrameRow | undefined {
    return this.#rows[index];
  }

  /** Listens to another wire, and to the one before no more. */
  follow(wire: Wire): void {
    this.#stop();
    const reader = new FrameReader();
    this.#stop = wire.tap((event) => {
      const row = reader.read(event, this.#total + 1);
      if (row) this.#add(row);
    });
  }

  #add(row: FrameRow): void {
    this.#total += 1;
    this.onRow(row);
    this.#rows.push(row);
    // A quarter at a time: to shift an array for each frame would cost its length.
    if (this.#rows.length > 1.25 * MAX_ROWS) this.#rows.splice(0, this.#rows.length - MAX_ROWS);
    if (this.#isPending) return;
    this.#isPending = true;
    const tell = () => {
      this.#isPending = false;
      this.count.set(this.#total);
    };
    if (document.hidden) setTimeout(tell, 500);
    else requestAnimationFrame(tell);
  }
}
