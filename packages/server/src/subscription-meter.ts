import type { ChannelState } from "@deltawire/protocol";
import type { ChangesFrame, SubscribeFrame } from "@deltawire/spec";
import type { ChannelMeter } from "./channel-meter.js";
import type { Resumption, Statistics } from "./statistics.js";

/** What a {@link SubscriptionMeter} looks at of the channel. */
export interface MeteredChannel {
  readonly statistics: Statistics;
  readonly meter: ChannelMeter;
  readonly state: ChannelState;
  /** About the bytes of its state. */
  readonly size: number;
  /** Milliseconds, on its clock. */
  readonly now: number;
}

/** What is counted of one connection's following of one channel. */
export class SubscriptionMeter {
  readonly #channel: MeteredChannel;
  #isBegun = false;
  #resumes = false;
  /** Since when it is behind, since it does not read as fast as the channel grows. */
  #slowSince: number | undefined;

  constructor(channel: MeteredChannel) {
    this.#channel = channel;
  }

  /** The first `subscribe` joins or resumes; any other one repairs something. */
  asked({ seq }: SubscribeFrame): void {
    const { statistics } = this.#channel;
    if (this.#isBegun) statistics.resynced(seq === undefined ? "mismatch" : "gap");
    else if (seq === undefined) statistics.joined();
    else this.#resumes = true;
    this.#isBegun = true;
    this.#slowSince = undefined;
  }

  answered(outcome: Resumption): void {
    if (this.#resumes) this.#channel.statistics.resumed(outcome);
    this.#resumes = false;
  }

  /** A frame was left out, since there is enough to read. */
  slow(): void {
    this.#slowSince ??= this.#channel.now;
  }

  /** A composed frame was sent. */
  composed(frame: ChangesFrame): void {
    this.#channel.meter.delivered(frame, this.#channel.state);
    this.#caughtUp(frame.to - frame.from);
  }

  /** A snapshot is sent, or begun, to one who lacks so many versions. */
  reloaded(versions: number): void {
    this.#channel.statistics.saved(this.#channel.size);
    this.#caughtUp(versions);
  }

  #caughtUp(versions: number): void {
    if (this.#slowSince === undefined) return;
    const { statistics, now } = this.#channel;
    statistics.caughtUp(versions);
    statistics.deliveredLate(now - this.#slowSince);
    this.#slowSince = undefined;
  }
}
