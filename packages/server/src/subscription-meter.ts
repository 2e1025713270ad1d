import type { ChangesFrame, SubscribeFrame } from "@deltawire/spec";
import type { HostedChannel } from "./hosted-channel.js";
import type { Resumption } from "./statistics.js";

/** What is counted of one connection's following of one channel. */
export class SubscriptionMeter {
  readonly #channel: HostedChannel;
  #isBegun = false;
  #resumes = false;
  /** Since when it is behind, since it does not read as fast as the channel grows. */
  #slowSince: number | undefined;

  constructor(channel: HostedChannel) {
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
