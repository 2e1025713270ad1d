import type { ReadWire } from "@deltawire/client";

/** How a page may be connected: compact values, values as they are, or JSON to read along. */
export const WAYS = ["compact", "plain", "json"] as const;
export type Way = (typeof WAYS)[number];

/** Frames of one type, and their bytes. */
export interface Count {
  readonly frames: number;
  readonly bytes: number;
}

/** What came in of channels in each way: whole states, and changes. */
export type Readings = Readonly<Record<`${Way} ${"snapshot" | "changes"}`, Count>>;

/** Milliseconds between two looks at it. */
const INTERVAL = 250;

const NOTHING: Count = { frames: 0, bytes: 0 };

/** Counts what comes in over wires, at their taps. */
export class Meter {
  #readings: Readings = {
    ...{ "compact snapshot": NOTHING, "plain snapshot": NOTHING, "json snapshot": NOTHING },
    ...{ "compact changes": NOTHING, "plain changes": NOTHING, "json changes": NOTHING },
  };
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Counts what comes over this wire, until it is closed. */
  follow(wire: Pick<ReadWire, "tap">, way: Way): void {
    wire.tap((event) => {
      if (event.type !== "message" || event.direction !== "received") return;
      const type = event.frame?.type;
      if (type !== "snapshot" && type !== "changes") return;
      const { message } = event;
      const { length } = typeof message === "string" ? new TextEncoder().encode(message) : message;
      const { frames, bytes } = this.#readings[`${way} ${type}`];
      const count = { frames: frames + 1, bytes: bytes + length };
      this.#readings = { ...this.#readings, [`${way} ${type}`]: count };
      this.#timer ??= setTimeout(() => this.#tell(), INTERVAL);
    });
  }

  #tell(): void {
    this.#timer = undefined;
    for (const listener of this.#listeners) listener();
  }

  readonly get = (): Readings => this.#readings;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
