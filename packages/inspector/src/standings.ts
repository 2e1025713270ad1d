import type { TapEvent } from "@deltawire/client";
import { Deque } from "./deque.js";
import type { Following } from "./follower.js";

/** What the reader of a channel does with what comes next, and what tells that of it. */
export interface Standing {
  readonly kind: Following;
  /** What has passed since its state was as it is: a few small events. */
  readonly events: readonly TapEvent[];
}

interface Kept extends Standing {
  readonly row: number;
}

const NEW: Standing = { kind: "left", events: [] };

/** How a channel's reader stood, row by row: one that begins in the middle has to be told. */
export class Standings {
  readonly #kept = new Deque<Kept>();
  /** What there was before the first one that is kept. */
  #base: Standing = NEW;

  /** @param event what the row is of; not needed for what needs none */
  push(row: number, following: Following, event?: TapEvent): void {
    const last = this.#kept.at(-1) ?? this.#base;
    const next = after(last, following, event);
    if (next !== last) this.#kept.push({ ...next, row });
  }

  /** How it was after a row: of one before the first that is kept, as it was then. */
  at(row: number): Standing {
    let found: Standing = this.#base;
    for (let i = 0; i < this.#kept.length; i++) {
      const kept = this.#kept.at(i);
      if (!kept || kept.row > row) break;
      found = kept;
    }
    return found;
  }

  /** Forgets what there was before a row, but for the last of it. */
  forget(row: number): void {
    for (let kept = this.#kept.at(0); kept && kept.row < row; kept = this.#kept.at(0)) {
      this.#base = kept;
      this.#kept.shift();
    }
  }
}

function after(last: Standing, kind: Following, event: TapEvent | undefined): Standing {
  const isQuestion = event?.type === "message" && event.frame?.type === "subscribe";
  if (kind === last.kind && !(kind === "asked" && isQuestion)) return last;
  switch (kind) {
    case "live":
    case "unclear":
      return { kind, events: [] };
    case "refused":
      if (!event || last.kind !== "asked") return { kind: "unclear", events: [] };
      return { kind, events: [...last.events, event] };
    case "asked":
      // Of a question that was not seen nothing can be told.
      return event && isQuestion ? { kind, events: [event] } : { kind: "unclear", events: [] };
    case "left":
      return { kind, events: event ? [event] : [] };
  }
}
