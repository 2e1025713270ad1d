import type { Closure, JsonObject } from "@deltawire/spec";
import type { Message } from "./message.js";

/** What differs between one version of a channel and the next. */
export interface ChannelUpdate {
  readonly seq?: number;
  readonly attributes?: JsonObject;
  readonly messages?: readonly Message[];
  readonly closed?: Closure;
  readonly earlier?: number;
}

const NO_ATTRIBUTES: JsonObject = Object.freeze({});

/** A channel at a version: immutable, and sharing with earlier versions what did not change. */
export class ChannelState {
  /** The channel's incarnation; versions are comparable within one epoch only. */
  readonly epoch: string;
  /** The version. */
  readonly seq: number;
  readonly attributes: JsonObject;
  readonly messages: readonly Message[];
  /** Present once the channel has ended. */
  readonly closed: Closure | undefined;
  /**
   * Messages that the replica leaves out before its first one, as the server last counted them:
   * changes do not count them again. 0 for a whole replica.
   */
  readonly earlier: number;
  readonly #index: ReadonlyMap<string, number>;

  private constructor(
    epoch: string,
    fields: ChannelUpdate,
    index: ReadonlyMap<string, number> | undefined,
  ) {
    this.epoch = epoch;
    this.seq = fields.seq ?? 0;
    this.attributes = fields.attributes ?? NO_ATTRIBUTES;
    this.messages = fields.messages ?? [];
    this.closed = fields.closed;
    this.earlier = fields.earlier ?? 0;
    this.#index = index ?? new Map(this.messages.map((message, i) => [message.id, i]));
  }

  /** A channel with the given content; empty, at version 0, where nothing is given. */
  static of(epoch: string, content: ChannelUpdate = {}): ChannelState {
    return new ChannelState(epoch, content, undefined);
  }

  message(id: string): Message | undefined {
    const at = this.#index.get(id);
    return at === undefined ? undefined : this.messages[at];
  }

  with(update: ChannelUpdate): ChannelState {
    const index = update.messages ? undefined : this.#index;
    return new ChannelState(this.epoch, { ...this.#fields(), ...update }, index);
  }

  /** With this message in place of the one of its id, or as the last one. */
  withMessage(message: Message): ChannelState {
    const at = this.#index.get(message.id);
    const messages = this.messages.slice();
    if (at === undefined) {
      messages.push(message);
      return this.with({ messages });
    }
    messages[at] = message;
    return new ChannelState(this.epoch, { ...this.#fields(), messages }, this.#index);
  }

  #fields(): ChannelUpdate {
    const { seq, attributes, messages, closed, earlier } = this;
    return { seq, attributes, messages, ...(closed && { closed }), earlier };
  }
}
