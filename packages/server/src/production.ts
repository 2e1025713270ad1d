import type {
  AckFrame,
  ChangesFrame,
  CommandFrame,
  CommandResultFrame,
  DeltawireError,
  ProducingFrame,
} from "@deltawire/spec";
import type { Taker } from "./channel-commands.js";
import type { Claim } from "./engine/producers.js";
import type { Attachment, HostedChannel } from "./hosted-channel.js";

/** What a {@link Production} tells its connection. */
export interface ProductionHost {
  /** A later attachment has taken its place. */
  fence(error: DeltawireError): void;
  send(frame: CommandFrame): void;
}

/** A producer's writing to one channel over one connection. */
export class Production implements Attachment, Taker {
  readonly #channel: HostedChannel;
  readonly #producer: string;
  readonly #host: ProductionHost;
  /** Of its attachment; 0 before it has begun. */
  token = 0;
  #isFenced = false;

  constructor(channel: HostedChannel, producer: string, host: ProductionHost) {
    this.#channel = channel;
    this.#producer = producer;
    this.#host = host;
  }

  /** Whether a later attachment has taken its place. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /** @throws DeltawireError `fenced` where another program run has taken its place */
  begin(claim: Claim): ProducingFrame {
    const producing = this.#channel.attach(this.#producer, this, claim);
    this.token = producing.token;
    return producing;
  }

  /** Gets the channel's commands from now on. */
  takeCommands(): void {
    this.#channel.commands.attach(this.#producer, this);
  }

  onCommand(frame: CommandFrame): void {
    this.#host.send(frame);
  }

  resolve(frame: CommandResultFrame): void {
    this.#channel.commands.resolve(this.#producer, this, frame);
  }

  append(frame: ChangesFrame): AckFrame {
    return this.#channel.append(this.#producer, this.token, frame).ack;
  }

  fence(error: DeltawireError): void {
    this.#isFenced = true;
    this.#channel.commands.detach(this.#producer, this);
    this.#host.fence(error);
  }

  /** Its connection is gone, or writes under another id. */
  end(): void {
    this.#channel.commands.detach(this.#producer, this);
    this.#channel.detach(this.#producer, this);
  }
}
