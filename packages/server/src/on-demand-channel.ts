import type { Clock } from "@deltawire/encoder";
import { DeltawireError, type MessageError } from "@deltawire/spec";
import type { DemandRule } from "./channel-rules.js";
import type { Demanded } from "./demand-statistics.js";
import { afterLong } from "./expiry.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Demand } from "./hosted-channel-host.js";
import type { KeptChannel } from "./kept-channels.js";
import { Load } from "./load.js";

/** What an {@link OnDemandChannel} needs of its server. */
export interface OnDemandHost {
  readonly clock: Clock;
  /** Unlike any other producer's. */
  readonly producer: string;
  readonly rule: DemandRule;
  readonly params: readonly string[];
  /** Makes the channel in memory. */
  host(demand: Demand): HostedChannel;
  report(error: unknown): void;
  count(what: Demanded): void;
  /** It has a first message, after so many milliseconds. */
  begun(duration: number): void;
  /** It was made, in so many milliseconds. */
  made(duration: number): void;
  /** A loader is about to run. Returns whether there is room for it. */
  begins(): boolean;
  /** A loader runs no more. */
  settled(): void;
  /** It is made: it stays for a while, or as long as somebody reads it. */
  kept(channel: OnDemandChannel): void;
  /** Somebody came, or went, since it was made. */
  used(channel: OnDemandChannel): void;
  /** Its name is free: who asks for it gets another one. */
  retired(channel: OnDemandChannel): void;
  /** Nothing is left of it. */
  gone(channel: OnDemandChannel): void;
}

type Situation =
  /** Nobody has read it yet. */
  | { readonly is: "idle" }
  | { readonly is: "loading"; readonly load: Load; readonly since: number }
  /** It is made, and whoever comes gets it. */
  | { readonly is: "kept" }
  /** Its name is free; those who read it have it still. */
  | { readonly is: "retired" }
  | { readonly is: "gone" };

/**
 * One incarnation of a channel that is made on demand.
 *
 * 1. Its loader runs once, however many read it, from the first one on.
 * 2. What is made is kept for a while, what has failed or was aborted is not; those who have it are
 *    not disturbed by that.
 * 3. Nothing of it is left once it is {@link OnDemandHost.gone}: no timer, no reader.
 */
export class OnDemandChannel implements Demand, KeptChannel {
  readonly hosted: HostedChannel;
  readonly #host: OnDemandHost;
  #hasMessages = false;
  #situation: Situation = { is: "idle" };
  #cancelLinger: () => void = () => undefined;
  #cancelKeep: () => void = () => undefined;

  constructor(host: OnDemandHost) {
    this.#host = host;
    this.hosted = host.host(this);
  }

  get name(): string {
    return this.hosted.name;
  }

  get producer(): string {
    return this.#host.producer;
  }

  get isHeld(): boolean {
    return this.#situation.is !== "idle" && this.#situation.is !== "gone";
  }

  get isLoading(): boolean {
    return this.#situation.is === "loading";
  }

  /** Whether nobody reads it. */
  get isUnused(): boolean {
    return this.hosted.followers.size === 0;
  }

  followed(): void {
    switch (this.#situation.is) {
      case "idle":
        this.#begin();
        return;
      case "loading":
        this.#cancelLinger();
        this.#host.count("shared");
        return;
      case "kept":
        this.#host.count("from_memory");
        this.#host.used(this);
        return;
      default: // who reads on, in this process
    }
  }

  changed(): void {
    if (this.#hasMessages || this.#situation.is !== "loading") return;
    this.#hasMessages = this.hosted.state.messages.length > 0;
    if (this.#hasMessages) this.#host.begun(this.#host.clock.now() - this.#situation.since);
  }

  left(): void {
    if (!this.isUnused) return;
    const { clock, rule } = this.#host;
    switch (this.#situation.is) {
      case "loading":
        this.#cancelLinger = afterLong(clock, rule.linger, () => this.#leave());
        return;
      case "kept":
        this.#host.used(this);
        return;
      case "retired":
        this.#go();
        return;
      default:
    }
  }

  #begin(): void {
    const { clock, rule, params } = this.#host;
    if (!this.#host.begins()) {
      clock.after(0, () => this.#refuse()); // who has just come has not asked yet
      return;
    }
    this.#host.count("started");
    const load = new Load({
      clock,
      hosted: this.hosted,
      producer: this.producer,
      rule,
      params,
      report: (error) => this.#host.report(error),
      finished: (error) => this.#finished(error),
      settled: () => this.#host.settled(),
    });
    this.#situation = { is: "loading", load, since: clock.now() };
  }

  #refuse(): void {
    if (this.#situation.is !== "idle") return;
    const { loads } = this.#host.rule.bounds;
    const what = `bounds.loads (${loads}) exceeded by loaders that run; try again`;
    this.hosted.followers.fail(new DeltawireError("overloaded", what, { channel: this.name }));
  }

  #finished(error: MessageError | undefined): void {
    const { clock, rule } = this.#host;
    if (this.#situation.is !== "loading") return;
    const { since } = this.#situation;
    this.#cancelLinger();
    if (error || rule.keep === 0) {
      if (error) this.#host.count("failed");
      else this.#host.made(clock.now() - since);
      this.#retire();
      return;
    }
    this.#host.made(clock.now() - since);
    this.#situation = { is: "kept" };
    this.#cancelKeep = afterLong(clock, rule.keep, () => this.#retire());
    this.#host.kept(this);
  }

  /** It is not for those who come from now on. */
  #retire(): void {
    const isNew = this.#situation.is === "loading";
    this.#situation = { is: "retired" };
    this.#host.retired(this);
    if (this.isUnused) this.#go();
    else if (isNew) this.#host.kept(this);
  }

  /** Nobody has read it for a while, and it is not made: it is not wanted. */
  #leave(): void {
    if (this.#situation.is !== "loading") return;
    this.#host.count("aborted");
    this.#abort("nobody reads the channel any more");
  }

  #abort(what: string): void {
    const { name: channel } = this;
    if (this.#situation.is === "loading") {
      this.#situation.load.abort(new DeltawireError("closed", what, { channel }));
    }
    this.#go();
  }

  /** It makes room: whoever has it all does not notice. */
  evict(): void {
    this.#go();
  }

  /** The server is closing. */
  close(): void {
    this.#abort("the server is closing");
  }

  /** It was deleted, or forgotten. */
  closed(): void {
    this.#abort("the channel was deleted");
  }

  #go(): void {
    if (this.#situation.is === "gone") return;
    const wasRetired = this.#situation.is === "retired";
    this.#situation = { is: "gone" };
    this.#cancelLinger();
    this.#cancelKeep();
    if (!wasRetired) this.#host.retired(this);
    const what = "the server has let the channel go; ask for it again";
    this.hosted.followers.release(new DeltawireError("overloaded", what, { channel: this.name }));
    this.#host.gone(this);
    this.hosted.close();
  }
}
