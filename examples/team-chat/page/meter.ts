import type { ReadWire } from "@deltawire/client";

/** What came in of channels: whole states, and changes. */
export interface Received {
  readonly snapshots: number;
  readonly snapshotBytes: number;
  readonly frames: number;
  readonly bytes: number;
}

/** How a page may be connected: compact values, values as they are, or JSON to read along. */
export const WAYS = ["compact", "plain", "json"] as const;
export type Way = (typeof WAYS)[number];

/** What came in each way. */
export type Readings = Readonly<Record<Way, Received>>;

/** Milliseconds between two looks at it. */
const INTERVAL = 250;

const NOTHING: Received = { snapshots: 0, snapshotBytes: 0, frames: 0, bytes: 0 };

/** Counts what comes in over wires, at their taps. */
export class Meter {
  #readings: Readings = { compact: NOTHING, plain: NOTHING, json: NOTHING };
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Counts what comes over this wire, until it is closed. */
  follow(wire: Pick<ReadWire, "tap">, way: Way): void {
    wire.tap((event) => {
      if (event.type !== "message" || event.direction !== "received") return;
      const { message, frame } = event;
      const encoded = typeof message === "string" ? new TextEncoder().encode(message) : message;
      const { length } = encoded;
      const so = this.#readings[way];
      if (frame?.type === "snapshot") {
        const { snapshots, snapshotBytes } = so;
        this.#set(way, {
          ...so,
          snapshots: snapshots + 1,
          snapshotBytes: snapshotBytes + length,
        });
      } else if (frame?.type === "changes") {
        this.#set(way, { ...so, frames: so.frames + 1, bytes: so.bytes + length });
      }
    });
  }

  #set(way: Way, received: Received): void {
    this.#readings = { ...this.#readings, [way]: received };
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const listener of this.#listeners) listener();
    }, INTERVAL);
  }

  readonly get = (): Readings => this.#readings;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
