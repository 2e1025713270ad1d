import type { Closure, JsonObject } from "@deltawire/spec";
import type { Message } from "./message.js";
import { MessageIndex } from "./message-index.js";

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
  readonly #index: MessageIndex;

  private constructor(
    epoch: string,
    { seq, attributes, messages, closed, earlier }: Content,
    index: MessageIndex = MessageIndex.of(messages),
  ) {
    this.epoch = epoch;
    this.seq = seq;
    this.attributes = attributes;
    this.messages = messages;
    this.closed = closed;
    this.earlier = earlier;
    this.#index = index;
  }

  /** A channel with the given content; empty, at version 0, where nothing is given. */
  static of(epoch: string, content: ChannelUpdate = {}): ChannelState {
    const { seq = 0, attributes = NO_ATTRIBUTES, messages = [], closed, earlier = 0 } = content;
    return new ChannelState(epoch, { seq, attributes, messages, closed, earlier });
  }

  message(id: string): Message | undefined {
    const at = this.#index.at(id);
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
    const at = this.#index.at(message.id);
    const messages = this.messages.slice();
    if (at === undefined) messages.push(message);
    else messages[at] = message;
    const index = at === undefined ? this.#index.added(message.id, messages) : this.#index;
    return new ChannelState(this.epoch, { seq, attributes, messages, closed, earlier }, index);
  }

  /** Without the message of an id, if there is one. */
  without(id: string): ChannelState {
    const { seq, attributes, closed, earlier } = this;
    const at = this.#index.at(id);
    if (at === undefined) return this;
    const messages = this.messages.slice(at === 0 ? 1 : 0);
    if (at > 0) messages.splice(at, 1);
    const index = at === 0 ? this.#index.shifted(messages) : undefined;
    return new ChannelState(this.epoch, { seq, attributes, messages, closed, earlier }, index);
  }
}
