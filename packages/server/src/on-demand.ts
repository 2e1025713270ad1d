import type { Clock } from "@deltawire/encoder";
import type { DemandRule, RuleMatch } from "./channel-rules.js";
import type { DemandGauges } from "./demand-statistics.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Demand } from "./hosted-channel-host.js";
import { KeptChannels } from "./kept-channels.js";
import { OnDemandChannel } from "./on-demand-channel.js";
import type { Statistics } from "./statistics.js";

/** What {@link OnDemand} needs of its server. */
export interface DemandHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  randomId(): string;
  report(error: unknown): void;
  /** Makes a channel in memory. */
  host(name: string, demand: Demand): HostedChannel;
  /** Its name is free. */
  retired(channel: HostedChannel): void;
}

/** What the channels of a rule take. */
interface Taken {
  readonly kept: KeptChannels;
  loads: number;
}

/** The channels of a server that are made on demand: each lives here, whatever `data` there is. */
export class OnDemand {
  readonly #host: DemandHost;
  readonly #channels = new Set<OnDemandChannel>();
  readonly #taken = new Map<DemandRule, Taken>();

  constructor(host: DemandHost) {
    this.#host = host;
  }

  /** Makes one, which nobody reads yet. */
  make(name: string, rule: DemandRule, { params }: Pick<RuleMatch, "params">): HostedChannel {
    const { clock, statistics } = this.#host;
    const taken = this.#takenBy(rule);
    const channel: OnDemandChannel = new OnDemandChannel({
      clock,
      rule,
      params,
      producer: this.#host.randomId(),
      host: (demand) => this.#host.host(name, demand),
      report: (error) => this.#host.report(error),
      count: (what) => statistics.demand.demanded(what),
      begun: (duration) => statistics.demand.begun(duration),
      made: (duration) => statistics.demand.made(duration),
      begins: () => {
        if (taken.loads >= rule.bounds.loads) return false;
        taken.loads += 1;
        return true;
      },
      settled: () => {
        taken.loads -= 1;
      },
      kept: () => taken.kept.add(channel, channel.hosted.size),
      used: () => taken.kept.use(channel),
      retired: () => this.#host.retired(channel.hosted),
      gone: () => {
        taken.kept.delete(channel);
        this.#channels.delete(channel);
      },
    });
    this.#channels.add(channel);
    return channel.hosted;
  }

  #takenBy(rule: DemandRule): Taken {
    let taken = this.#taken.get(rule);
    if (!taken) {
      taken = { kept: new KeptChannels(rule.bounds), loads: 0 };
      this.#taken.set(rule, taken);
    }
    return taken;
  }

  /** Lets one go that is made and that nobody reads; returns whether there is one. */
  makeRoom(): boolean {
    return [...this.#taken.values()].some(({ kept }) => kept.makeRoom());
  }

  /** All of them, those among them that somebody reads though their name is another one's by now. */
  get hosted(): Iterable<HostedChannel> {
    return [...this.#channels].map(({ hosted }) => hosted);
  }

  get gauges(): DemandGauges {
    let kept = 0;
    for (const taken of this.#taken.values()) kept += taken.kept.size;
    const loading = [...this.#channels].filter(({ isLoading }) => isLoading).length;
    return { loading, kept };
  }

  /** Aborts what is being made, and lets everything go. */
  close(): void {
    for (const channel of [...this.#channels]) channel.close();
  }
}
