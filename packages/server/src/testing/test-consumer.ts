import { Decoder } from "@deltawire/decoder";
import type { ChannelState, SharedFrame } from "@deltawire/protocol";
import { DeltawireError, type Filter, type Frame } from "@deltawire/spec";
import type { Consumer } from "../consumer.js";
import type { HostedChannel } from "../hosted-channel.js";
import { Pacer } from "../pacer.js";
import type { Subscription } from "../subscription.js";

/** One who reads a channel in JSON, as a connection does, and follows it from the beginning. */
export class TestConsumer implements Consumer {
  readonly binary = false;
  isCongested: boolean;
  /** Types of the frames that came. */
  readonly received: string[] = [];
  /** Codes of the errors that ended it. */
  readonly errors: string[] = [];
  isReleased = false;
  readonly #channel: HostedChannel;
  readonly #decoder: Decoder;
  readonly #pacer: Pacer = new Pacer(this);
  readonly #subscription: Subscription;

  constructor(
    channel: HostedChannel,
    {
      isCongested = false,
      filter,
    }: { readonly isCongested?: boolean; readonly filter?: Filter } = {},
  ) {
    this.#channel = channel;
    this.isCongested = isCongested;
    this.#decoder = new Decoder(channel.name, undefined, filter);
    this.#subscription = channel.follow(this, filter);
    this.ask();
  }

  get state(): ChannelState | undefined {
    return this.#decoder.state;
  }

  /** Asks for the channel from where it is. */
  ask(): void {
    this.#subscription.ask(this.#decoder.join());
  }

  leave(): void {
    this.#channel.unfollow(this.#subscription);
    this.#pacer.delete(this.#subscription);
  }

  /** It reads again. */
  drain(): void {
    this.isCongested = false;
    this.#pacer.run();
  }

  fits(): boolean {
    return true;
  }

  send(frame: Frame): void {
    this.#receive(frame);
  }

  deliver({ frame }: SharedFrame): void {
    this.#receive(frame);
  }

  pace(subscription: Subscription): void {
    this.#pacer.add(subscription);
  }

  fail(_subscription: Subscription, error: unknown): void {
    if (!(error instanceof DeltawireError)) throw error;
    this.errors.push(error.code);
    this.leave();
  }

  release(): void {
    this.isReleased = true;
  }

  #receive(frame: Frame): void {
    this.received.push(frame.type);
    switch (frame.type) {
      case "subscribed":
      case "snapshot":
      case "changes":
      case "checkpoint":
      case "history_page":
      case "error": {
        const outcome = this.#decoder.receive(frame);
        if (outcome.type === "repair" || outcome.type === "failed") throw new Error(outcome.type);
        return;
      }
      default:
        throw new Error(`no frame for a consumer: ${frame.type}`);
    }
  }
}
