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

/** Everything of a channel but its epoch. */
type Content = Pick<ChannelState, "seq" | "attributes" | "messages" | "closed" | "earlier">;

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
    { seq, attributes, messages, closed, earlier }: Content,
    index?: ReadonlyMap<string, number>,
  ) {
    this.epoch = epoch;
    this.seq = seq;
    this.attributes = attributes;
    this.messages = messages;
    this.closed = closed;
    this.earlier = earlier;
    this.#index = index ?? new Map(messages.map((message, i) => [message.id, i]));
  }

  /** A channel with the given content; empty, at version 0, where nothing is given. */
  static of(epoch: string, content: ChannelUpdate = {}): ChannelState {
    const { seq = 0, attributes = NO_ATTRIBUTES, messages = [], closed, earlier = 0 } = content;
    return new ChannelState(epoch, { seq, attributes, messages, closed, earlier });
  }

  message(id: string): Message | undefined {
    const at = this.#index.get(id);
    return at === undefined ? undefined : this.messages[at];
  }

  with(update: ChannelUpdate): ChannelState {
    const {
      seq = this.seq,
      attributes = this.attributes,
      messages = this.messages,
      closed = this.closed,
      earlier = this.earlier,
    } = update;
    const index = messages === this.messages ? this.#index : undefined;
    return new ChannelState(this.epoch, { seq, attributes, messages, closed, earlier }, index);
  }

  /** With this message in place of the one of its id, or as the last one. */
  withMessage(message: Message): ChannelState {
    const { seq, attributes, closed, earlier } = this;
    const at = this.#index.get(message.id);
    const messages = this.messages.slice();
    if (at === undefined) messages.push(message);
    else messages[at] = message;
    const index = at === undefined ? undefined : this.#index;
    return new ChannelState(this.epoch, { seq, attributes, messages, closed, earlier }, index);
  }
}
