import { apply, type ChannelState } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";
import { Deque } from "./deque.js";

/** Versions from one kept state to the next, for a channel of few messages: what looking one up costs. */
const KEYFRAME = 64;

/** Messages for which one version more lies between two: each kept state has a list of them. */
const MESSAGES_A_STEP = 16;

/** A version of a channel, and the row that made it. */
export interface Version {
  readonly row: number;
  /** Undefined where the state is not known from this row on. */
  readonly epoch: string | undefined;
  readonly seq: number;
}

/** The versions that a recorder still has of a channel, the oldest first. */
export interface Versions {
  readonly length: number;
  /** The version at an index from 0. */
  at(index: number): Version | undefined;
  /** The index of the version that there was after a row; -1 where that is older than all of them. */
  indexOf(row: number): number;
}

/** Of a channel of which nothing is known. */
export const NO_VERSIONS: Versions = { length: 0, at: () => undefined, indexOf: () => -1 };

/** What a row did to a state: nothing, where both are the same object. */
export interface Step {
  /** Undefined where there was none, or it cannot be known; as is {@link after}. */
  readonly before: ChannelState | undefined;
  readonly after: ChannelState | undefined;
}

interface Kept extends Version {
  /** What led here from the version before; where it is absent, {@link state} is this one. */
  readonly frame: ChangesFrame | undefined;
  readonly state: ChannelState | undefined;
}

/**
 * The states of one side of a channel, row by row. Every so many versions one state is kept, and those
 * between are made anew when somebody asks; states share what did not change.
 */
export class Timeline implements Versions {
  readonly #steps = new Deque<Kept>();
  /** The state before the first version. */
  #base: ChannelState | undefined;
  /** The state that was asked for last: the next one is often beside it. */
  #found: { readonly row: number; readonly state: ChannelState | undefined } | undefined;
  /** Versions since a state was kept. */
  #distance = 0;

  get length(): number {
    return this.#steps.length;
  }

  /** Whether a state ever was known. */
  get isKnown(): boolean {
    return this.#base !== undefined || this.#steps.length > 0;
  }

  at(index: number): Version | undefined {
    return this.#steps.at(index);
  }

  indexOf(row: number): number {
    let low = 0;
    let high = this.#steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#steps.at(middle)?.row ?? Number.POSITIVE_INFINITY) <= row) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /**
   * There is another state since a row.
   *
   * @param frame what has led to it from the one before, if that is all
   */
  push(row: number, state: ChannelState | undefined, frame?: ChangesFrame): void {
    this.#distance += 1;
    const messages = state?.messages.length ?? 0;
    const isKept = !frame || this.#distance >= KEYFRAME + messages / MESSAGES_A_STEP;
    if (isKept) this.#distance = 0;
    const { epoch, seq = 0 } = state ?? {};
    this.#steps.push({ row, epoch, seq, frame, state: isKept ? state : undefined });
  }

  /** The state after a row, as far as it is known. */
  stateAt(row: number): ChannelState | undefined {
    return this.#state(this.indexOf(row));
  }

  /** The states before and after a row: what it did not change is the same object in both. */
  stepAt(row: number): Step {
    const index = this.indexOf(row);
    const step = this.#steps.at(index);
    if (index < 0 || step?.row !== row) {
      const state = this.#state(index);
      return { before: state, after: state };
    }
    const before = this.#state(index - 1);
    if (!step.frame || !before) return { before, after: step.state };
    const after = apply(before, step.frame);
    this.#found = { row, state: after };
    return { before, after };
  }

  #state(index: number): ChannelState | undefined {
    const isFound = (step: Kept | undefined) => step !== undefined && step.row === this.#found?.row;
    let at = index;
    let step = this.#steps.at(at);
    while (at >= 0 && step?.frame && !step.state && !isFound(step)) {
      at -= 1;
      step = this.#steps.at(at);
    }
    let state = at < 0 ? this.#base : isFound(step) ? this.#found?.state : step?.state;
    for (at += 1; at <= index; at++) {
      const frame = this.#steps.at(at)?.frame;
      if (state && frame) state = apply(state, frame);
    }
    const row = this.#steps.at(index)?.row;
    if (index >= 0 && row !== undefined) this.#found = { row, state };
    return state;
  }

  /** The latest state that was of a version, looking at so many versions from the end. */
  find(seq: number, steps: number): ChannelState | undefined {
    const { length } = this;
    for (let at = length - 1; at >= Math.max(0, length - steps); at--) {
      if (this.#steps.at(at)?.seq === seq) return this.#state(at);
    }
    return undefined;
  }

  /** Forgets the versions of rows before one. */
  forget(row: number): void {
    for (let step = this.#steps.at(0); step && step.row < row; step = this.#steps.at(0)) {
      const { frame, state } = step;
      this.#base = state ?? (frame && this.#base && apply(this.#base, frame));
      this.#steps.shift();
    }
  }
}
