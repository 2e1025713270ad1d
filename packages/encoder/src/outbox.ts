import { apply, type ChannelState } from "@deltawire/protocol/state";
import type { ChangesFrame } from "@deltawire/spec";

/** How much may be unacknowledged; past either, nothing more is sent until all of it is. */
export interface OutboxBounds {
  /** Weight of the changes: about their size. */
  readonly weight: number;
  /** Runs of frames that were made at a time: a state is kept for each. */
  readonly runs: number;
}

/** 8 MiB, in 256 runs: 25 s of one text at the default throttle. */
export const OUTBOX_BOUNDS: OutboxBounds = { weight: 8 << 20, runs: 256 };

/** Frames that were made at a time, each beginning where the one before ends. */
interface Run {
  readonly before: ChannelState;
  readonly frames: readonly ChangesFrame[];
  readonly weight: number;
}

/**
 * What was sent and is not acknowledged: from what state it leads, so that the state at any version
 * that the log may hold can be told. States share what did not change, so each costs what its
 * run has changed.
 */
export class Outbox {
  readonly #bounds: OutboxBounds;
  #runs: Run[] = [];
  #weight = 0;

  constructor(bounds: OutboxBounds) {
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  get isFull(): boolean {
    return this.#weight > this.#bounds.weight || this.#runs.length >= this.#bounds.runs;
  }

  add(before: ChannelState, frames: readonly ChangesFrame[], weight: number): void {
    this.#runs.push({ before, frames, weight });
    this.#weight += weight;
  }

  /** Frees what the log holds. */
  acknowledge(seq: number): void {
    let [first] = this.#runs;
    while (first && (first.frames.at(-1)?.to ?? 0) <= seq) {
      this.#weight -= first.weight;
      this.#runs.shift();
      [first] = this.#runs;
    }
  }

  clear(): void {
    this.#runs = [];
    this.#weight = 0;
  }

  /** The state at a version before the last one; undefined where it is not known. */
  stateAt(seq: number): ChannelState | undefined {
    for (const { before, frames } of this.#runs) {
      const [first] = frames;
      if (!first || first.from > seq || (frames.at(-1)?.to ?? 0) <= seq) continue;
      let state = before.with({ seq: first.from });
      for (const frame of frames) if (frame.to <= seq) state = apply(state, frame);
      return state.seq === seq ? state : undefined;
    }
    return undefined;
  }

  /** The message that a path is about, in the frame which begins at a version. */
  messageAt(seq: number, path: string | undefined): string | undefined {
    const frames = this.#runs.flatMap((run) => run.frames);
    const index = /^\/changes\/(\d+)/.exec(path ?? "")?.[1];
    const change = frames.find(({ from }) => from === seq)?.changes[Number(index)];
    return change && "id" in change ? change.id : undefined;
  }
}
