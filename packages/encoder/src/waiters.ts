import type { DeltawireError } from "@deltawire/spec";
import type { MessageEnd } from "./message-writer.js";

/** Who writes a message, as far as it matters for how that ends. */
export interface Author {
  readonly id: string;
  /** The message as it was written. */
  readonly message: { readonly generation: number };
  /** Something else has ended it. */
  end(end: MessageEnd): void;
}

/** A message that is written, and the version after which its frames come. */
export interface Writing {
  readonly writer: Author;
  readonly since: number;
}

/** Somebody who waits until the log holds a version. */
interface Waiter {
  /** Undefined while what it waits for is in no frame. */
  seq: number | undefined;
  /** The message that ends with it. */
  readonly ending: Writing | undefined;
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: DeltawireError): void;
}

/** Who does not wait for it need not know how it ended. */
export function quietly(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}

/** Those who wait for the log: one for each message that has ended, and for each version. */
export class Waiters {
  #all: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Resolves once the log holds a version; undefined is that of the next frame. */
  wait(seq: number | undefined, ending: Writing | undefined): Promise<void> {
    const last = this.#all.at(-1);
    if (last && !last.ending && !ending && last.seq === seq) return last.promise;
    let settle: Pick<Waiter, "resolve" | "reject"> | undefined;
    const promise = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle) this.#all.push({ seq, ending, promise, ...settle });
    return quietly(promise);
  }

  /** The log holds a version: returns the messages whose end it has. */
  acknowledge(seq: number): Writing[] {
    const done = this.#take((waiter) => waiter.seq !== undefined && waiter.seq <= seq);
    for (const { resolve } of done) resolve();
    return done.flatMap(({ ending }) => ending ?? []);
  }

  /** Rejects those whose message it is. */
  reject(error: DeltawireError, isRefused: (writing: Writing) => boolean): Writing[] {
    const refused = this.#take(({ ending }) => ending !== undefined && isRefused(ending));
    for (const { reject } of refused) reject(error);
    return refused.flatMap(({ ending }) => ending ?? []);
  }

  /** Rejects all. */
  fail(error: DeltawireError): Writing[] {
    const all = this.#take(() => true);
    for (const { reject } of all) reject(error);
    return all.flatMap(({ ending }) => ending ?? []);
  }

  /** The frames that they wait for are lost: others will come in their place. */
  unnumber(): void {
    for (const waiter of this.#all) waiter.seq = undefined;
  }

  get areUnnumbered(): boolean {
    return this.#all.some(({ seq }) => seq === undefined);
  }

  /** The frames that they wait for are there. */
  number(seq: number | undefined): void {
    for (const waiter of this.#all) waiter.seq ??= seq;
  }

  #take(isTaken: (waiter: Waiter) => boolean): Waiter[] {
    if (this.isEmpty) return [];
    const taken = this.#all.filter(isTaken);
    if (taken.length > 0) this.#all = this.#all.filter((waiter) => !isTaken(waiter));
    return taken;
  }
}
