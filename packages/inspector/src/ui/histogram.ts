import type { Row } from "../row.js";

/** Bytes of a stretch of time, each way. */
export interface Bucket {
  sent: number;
  received: number;
  /** Whether a connection was lost, or something was wrong. */
  isNotable: boolean;
}

/** Stretches that are kept: when there would be more, two become one. */
const MAX_BUCKETS = 4096;

/** Bytes over time, in memory that does not grow: the stretches get longer. */
export class Histogram {
  #buckets: Bucket[] = [];
  #start: number | undefined;
  /** Milliseconds of a stretch. */
  #width = 1;
  #end = 0;
  #revision = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** Another number after each change. */
  get revision(): number {
    return this.#revision;
  }

  /** When the first row was that counts; undefined before there is one. */
  get start(): number | undefined {
    return this.#start === undefined ? undefined : Math.max(this.#start, this.#since);
  }

  /** What was before a time counts no more. */
  forget(before: number): void {
    if (before <= this.#since) return;
    this.#since = before;
    this.#revision += 1;
  }

  /** When the last row was. */
  get end(): number {
    return this.#end;
  }

  clear(): void {
    this.#buckets = [];
    this.#start = undefined;
    this.#width = 1;
    this.#end = 0;
    this.#revision += 1;
  }

  add({ at, size, direction }: Row, isNotable: boolean): void {
    this.#revision += 1;
    this.#start ??= at;
    this.#end = Math.max(this.#end, at);
    let index = Math.max(0, Math.floor((at - this.#start) / this.#width));
    while (index >= MAX_BUCKETS) {
      this.#halve();
      index = Math.floor((at - this.#start) / this.#width);
    }
    let bucket = this.#buckets[index];
    if (!bucket) {
      bucket = { sent: 0, received: 0, isNotable: false };
      this.#buckets[index] = bucket;
    }
    if (direction === "sent") bucket.sent += size;
    else if (direction === "received") bucket.received += size;
    bucket.isNotable ||= isNotable;
  }

  /** The bytes from one time to another, in so many columns. */
  columns(from: number, to: number, count: number): Bucket[] {
    const columns: Bucket[] = [];
    const start = this.#start ?? 0;
    for (let i = 0; i < count; i++) columns.push({ sent: 0, received: 0, isNotable: false });
    const first = Math.max(0, Math.floor((from - start) / this.#width));
    const last = Math.min(this.#buckets.length - 1, Math.floor((to - start) / this.#width));
    for (let i = first; i <= last; i++) {
      const bucket = this.#buckets[i];
      if (!bucket) continue;
      const at = start + i * this.#width;
      const place = Math.floor(((at - from) / Math.max(1, to - from)) * count);
      const column = columns[Math.max(0, Math.min(count - 1, place))];
      if (column) merge(column, bucket);
    }
    return columns;
  }

  #halve(): void {
    const merged: Bucket[] = [];
    for (const [i, bucket] of this.#buckets.entries()) {
      if (!bucket) continue;
      const half = i >> 1;
      const into = merged[half];
      if (into) merge(into, bucket);
      else merged[half] = bucket;
    }
    this.#buckets = merged;
    this.#width *= 2;
  }
}

function merge(into: Bucket, bucket: Bucket): void {
  into.sent += bucket.sent;
  into.received += bucket.received;
  into.isNotable ||= bucket.isNotable;
}
