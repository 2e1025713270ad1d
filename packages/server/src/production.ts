import type {
  AckFrame,
  ChangesFrame,
  CommandFrame,
  CommandResultFrame,
  DeltawireError,
  ProducingFrame,
} from "@deltawire/spec";
import type { Attachment } from "./attachments.js";
import type { Taker } from "./channel-commands.js";
import type { Claim } from "./engine/producers.js";
import type { HostedChannel } from "./hosted-channel.js";
import { whenSettled } from "./when-settled.js";

/** What a {@link Production} tells its connection. */
export interface ProductionHost {
  /** A later attachment has taken its place. */
  fence(error: DeltawireError): void;
  /** The channel does not know it any more. */
  refuse(error: DeltawireError): void;
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
  #hasEnded = false;

  constructor(channel: HostedChannel, producer: string, host: ProductionHost) {
    this.#channel = channel;
    this.#producer = producer;
    this.#host = host;
  }

  /** Whether its connection is gone, or writes under another id. */
  get isGone(): boolean {
    return this.#hasEnded;
  }

  /** Whether a later attachment has taken its place. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /**
   * @throws DeltawireError `fenced` where another program run has taken its place; by rejection
   *   where the channel has a log
   */
  begin(claim: Claim): ProducingFrame | Promise<ProducingFrame> {
    const attaching = this.#channel.attach(this.#producer, this, claim);
    return whenSettled(attaching, (producing) => {
      this.token = producing.token;
      if (this.isGone) this.#channel.detach(this.#producer, this);
      return producing;
    });
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

  /** @throws DeltawireError see `ChannelEngine.append`; by rejection where the channel has a log */
  append(frame: ChangesFrame): AckFrame | Promise<AckFrame> {
    const appending = this.#channel.append(this.#producer, this.token, frame);
    return whenSettled(appending, ({ ack }) => ack);
  }

  /** Whether it is to wait before it appends more. */
  get isCongested(): boolean {
    return this.#channel.isCongested;
  }

  lose(error: DeltawireError): void {
    this.#channel.commands.detach(this.#producer, this);
    this.#host.refuse(error);
  }

  fence(error: DeltawireError): void {
    this.#isFenced = true;
    this.#channel.commands.detach(this.#producer, this);
    this.#host.fence(error);
  }

  /** Its connection is gone, or writes under another id. */
  end(): void {
    this.#hasEnded = true;
    this.#channel.commands.detach(this.#producer, this);
    this.#channel.detach(this.#producer, this);
  }
}
