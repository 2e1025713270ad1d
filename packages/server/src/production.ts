import type { AckFrame, ChangesFrame, DeltawireError, ProducingFrame } from "@deltawire/spec";
import type { Claim } from "./engine/producers.js";
import type { Attachment, HostedChannel } from "./hosted-channel.js";

/** A producer's writing to one channel over one connection. */
export class Production implements Attachment {
  readonly #channel: HostedChannel;
  readonly #producer: string;
  readonly #onFenced: (error: DeltawireError) => void;
  #token = 0;
  #isFenced = false;

  constructor(channel: HostedChannel, producer: string, onFenced: (error: DeltawireError) => void) {
    this.#channel = channel;
    this.#producer = producer;
    this.#onFenced = onFenced;
  }

  /** Whether a later attachment has taken its place. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /** @throws DeltawireError `fenced` where another program run has taken its place */
  begin(claim: Claim): ProducingFrame {
    const producing = this.#channel.attach(this.#producer, this, claim);
    this.#token = producing.token;
    return producing;
  }

  append(frame: ChangesFrame): AckFrame {
    return this.#channel.append(this.#producer, this.#token, frame).ack;
  }

  fence(error: DeltawireError): void {
    this.#isFenced = true;
    this.#onFenced(error);
  }

  /** Its connection is gone, or writes under another id. */
  end(): void {
    this.#channel.detach(this.#producer, this);
  }
}
