import type { ChannelState, Message } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";
import type { CommandEffect } from "./command-entry.js";

/** What entries have come to, for who follows the channel. */
export interface Outcome {
  /** For every consumer, in order. */
  readonly frames: readonly ChangesFrame[];
  /** What the channel was after each of them. */
  readonly states: readonly ChannelState[];
  readonly effects: readonly CommandEffect[];
  /** Messages that have ended, as they did: by now they may be something else. */
  readonly ended: readonly Message[];
  /** Whether another incarnation of the channel has begun; the frames are of that one. */
  readonly hasBegun: boolean;
}

const NOTHING: Outcome = { frames: [], states: [], effects: [], ended: [], hasBegun: false };

/** What entries come to, until somebody asks for it. */
export class Outcomes {
  #frames: ChangesFrame[] = [];
  #states: ChannelState[] = [];
  #effects: CommandEffect[] = [];
  #ended: Message[] = [];
  #hasBegun = false;

  frame(frame: ChangesFrame, state: ChannelState): void {
    this.#frames.push(frame);
    this.#states.push(state);
  }

  effects(effects: readonly CommandEffect[]): void {
    this.#effects.push(...effects);
  }

  ended(message: Message): void {
    this.#ended.push(message);
  }

  /** Another incarnation has begun: of the one before there is no frame for anybody. */
  begun(): void {
    this.#frames = [];
    this.#states = [];
    this.#hasBegun = true;
  }

  drain(): Outcome {
    if (this.#frames.length === 0 && this.#effects.length === 0 && !this.#hasBegun) return NOTHING;
    const outcome = {
      frames: this.#frames,
      states: this.#states,
      effects: this.#effects,
      ended: this.#ended,
      hasBegun: this.#hasBegun,
    };
    this.#frames = [];
    this.#states = [];
    this.#effects = [];
    this.#ended = [];
    this.#hasBegun = false;
    return outcome;
  }
}
