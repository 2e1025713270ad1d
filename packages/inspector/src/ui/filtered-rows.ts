import { Deque } from "../deque.js";
import type { Row } from "../row.js";

/** Where rows come from: those of `first` to below `end` are there. */
export interface Rows {
  readonly first: number;
  readonly end: number;
  row(number: number): Row | undefined;
}

/** Rows that are looked at between two looks at the clock. */
const STRETCH = 256;

/**
 * The numbers of the rows that pass a filter, found a slice of time at a time: neither 100,000 rows
 * nor a search in their content stops the page.
 */
export class FilteredRows {
  readonly #rows: Rows;
  #numbers = new Deque<number>();
  #next: number;
  #isShown: (row: Row) => boolean = () => true;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#next = rows.first;
  }

  get length(): number {
    return this.#numbers.length;
  }

  /** The number of the row at an index. */
  at(index: number): number | undefined {
    return this.#numbers.at(index);
  }

  /** Whether every row has been looked at. */
  get isComplete(): boolean {
    return this.#next >= this.#rows.end;
  }

  /** The index of the first row with this number or a greater one; {@link length} for none. */
  indexFrom(number: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.at(middle) ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of a row; undefined where it does not pass, or is gone. */
  indexOf(number: number): number | undefined {
    const index = this.indexFrom(number);
    return this.at(index) === number ? index : undefined;
  }

  /** Begins anew, with another filter. */
  restart(isShown: (row: Row) => boolean): void {
    this.#isShown = isShown;
    this.#numbers = new Deque();
    this.#next = this.#rows.first;
  }

  /**
   * Goes on, for about so many milliseconds. Returns how many rows have gone from the front, since
   * the recorder keeps them no longer.
   */
  advance(ms: number): number {
    const dropped = this.#drop();
    const until = performance.now() + ms;
    while (!this.isComplete) {
      const stretch = Math.min(this.#next + STRETCH, this.#rows.end);
      for (; this.#next < stretch; this.#next++) {
        const row = this.#rows.row(this.#next);
        if (row && this.#isShown(row)) this.#numbers.push(row.row);
      }
      if (performance.now() >= until) break;
    }
    return dropped;
  }

  #drop(): number {
    const { first } = this.#rows;
    const before = this.length;
    while ((this.at(0) ?? first) < first) this.#numbers.shift();
    this.#next = Math.max(this.#next, first);
    return before - this.length;
  }
}
