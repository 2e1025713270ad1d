import type { ReceivedFrame } from "@deltawire/decoder";
import type { SharedFrame } from "@deltawire/protocol";
import { DeltawireError, type HistoryFrame, type SubscribeFrame } from "@deltawire/spec";
import type { Consumer } from "./consumer.js";
import type { HostedChannel } from "./hosted-channel.js";
import { Pacer } from "./pacer.js";
import type { Subscription } from "./subscription.js";

/** A reader in this process: it takes everything as it comes. */
export class LocalConsumer implements Consumer {
  readonly binary = false;
  readonly isLocal = true;
  readonly isCongested = false;
  readonly #channel: HostedChannel;
  readonly #receive: (frame: ReceivedFrame) => void;
  readonly #pacer = new Pacer(this);
  #subscription: Subscription | undefined;

  constructor(channel: HostedChannel, receive: (frame: ReceivedFrame) => void) {
    this.#channel = channel;
    this.#receive = receive;
  }

  ask(frame: SubscribeFrame | HistoryFrame): void {
    if (frame.type === "history") {
      this.#subscription?.page(frame);
      return;
    }
    const { filter } = frame;
    if (this.#subscription && !this.#channel.followers.has(this.#subscription, filter)) {
      this.leave();
    }
    try {
      this.#subscription ??= this.#channel.follow(this, filter);
      this.#subscription.ask(frame);
    } catch (error) {
      this.#refuse(frame.request, error);
    }
  }

  leave(): void {
    if (!this.#subscription) return;
    this.#channel.unfollow(this.#subscription);
    this.#pacer.delete(this.#subscription);
    this.#subscription = undefined;
  }

  pace(subscription: Subscription): void {
    this.#pacer.add(subscription);
  }

  fits(): boolean {
    return true;
  }

  send(frame: Parameters<Consumer["send"]>[0]): void {
    this.#receive(frame);
  }

  deliver({ frame }: SharedFrame): void {
    this.#receive(frame);
  }

  release(): void {
    this.leave();
  }

  fail({ request }: Subscription, error: unknown): void {
    this.leave();
    this.#refuse(request, error);
  }

  #refuse(request: number, error: unknown): void {
    if (!(error instanceof DeltawireError)) throw error; // a defect: it is not this reader's to hide
    const { code, message } = error;
    this.#receive({ type: "error", code, message, channel: this.#channel.name, request });
  }
}
