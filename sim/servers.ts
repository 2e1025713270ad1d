import type { ChannelState, Message } from "@deltawire/protocol";
import { type Ledger, View } from "./ledger.js";
import type { Network } from "./network.js";
import type { Scenario } from "./scenario.js";
import type { SimulatedLog } from "./simulated-log.js";
import { SimulatedServer } from "./simulated-server.js";
import type { Process } from "./world.js";

/** What a run does with its servers. */
export interface ServersHost {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly plan: Scenario;
  /** What they share; undefined where one has everything in its memory. */
  readonly log: SimulatedLog | undefined;
  note(line: string): void;
  /** A defect of a server. */
  report(defect: unknown): void;
  completed(
    server: SimulatedServer,
    epoch: string | undefined,
    channel: string,
    message: Message,
  ): void;
  started(server: SimulatedServer): void;
}

/** The servers of a run: one with everything in its memory, or some that share a log. */
export class Servers {
  readonly living: SimulatedServer[] = [];
  /** How many were ever started. */
  life = 0;
  /** Size of the largest state that a channel had. */
  largest = 0;
  /** Incarnations of channels that were there, and their latest version. */
  readonly #newest = new Map<string, ChannelState>();
  readonly #host: ServersHost;
  readonly #views = new Map<SimulatedServer, readonly View[]>();
  /** How many are to start again. */
  #vacant = 0;

  constructor(host: ServersHost) {
    this.#host = host;
  }

  /** Starts as many as the plan has. */
  begin(): void {
    for (let i = 0; i < Math.max(1, this.#host.plan.servers); i += 1) this.#start();
  }

  #start(): void {
    const { network, ledger, plan, log } = this.#host;
    this.life += 1;
    const { life } = this;
    const server = new SimulatedServer(network.world, life, plan, {
      log,
      report: (defect) => this.#host.report(defect),
      completed: (epoch, channel, message) => this.#host.completed(server, epoch, channel, message),
    });
    this.living.push(server);
    network.listeners.push(server);
    const views = plan.channels.map((name) => new View(`server ${life}`, name, ledger));
    this.#views.set(server, views);
    this.#host.note(`server ${life} starts`);
    this.#host.started(server);
  }

  /** One does not take connections any more. */
  refuse(server: SimulatedServer): void {
    const { listeners } = this.#host.network;
    const index = listeners.indexOf(server);
    if (index >= 0) listeners.splice(index, 1);
  }

  /** One is gone, with its memory; another one takes its place after a while. */
  end(server: SimulatedServer, milliseconds: number): void {
    const index = this.living.indexOf(server);
    if (index < 0) return;
    this.living.splice(index, 1);
    this.refuse(server);
    this.#views.delete(server);
    server.process.kill();
    const { network } = this.#host;
    for (const connection of network.connections) {
      if (connection.isTo(server.process, this.living.length === 0)) connection.died();
    }
    this.#vacant += 1;
    network.world.at(network.world.now + milliseconds, undefined, () => {
      if (this.#vacant > 0) this.#fill(1);
    });
  }

  #fill(count: number): void {
    this.#vacant -= count;
    for (let i = 0; i < count; i += 1) this.#start();
  }

  /** All that are gone are there again, at once. */
  heal(): void {
    this.#fill(this.#vacant);
  }

  get isWhole(): boolean {
    return this.#vacant === 0;
  }

  /** The one whose process it is, while it lives. */
  of(process: Process): SimulatedServer | undefined {
    return this.living.find((server) => server.process === process);
  }

  /** A channel, as some server has it. */
  state(name: string): ChannelState | undefined {
    return this.#states(name)[0];
  }

  #states(name: string): ChannelState[] {
    return this.living.flatMap((server) => server.channels.get(name)?.state ?? []);
  }

  /** The latest of its states that any server has had. */
  newest(name: string): ChannelState | undefined {
    return this.#newest.get(name);
  }

  /** Why servers do not agree on a channel, if that is so. */
  difference(name: string): string | undefined {
    const places = new Set(this.#states(name).map(({ epoch, seq }) => `${epoch}:${seq}`));
    return places.size > 1 ? [...places].join(" and ") : undefined;
  }

  /** Looks at every channel of every server. */
  look(): void {
    for (const [server, views] of this.#views) {
      for (const view of views) {
        const channel = server.channels.get(view.channel);
        if (!channel) continue;
        const newest = this.#newest.get(view.channel);
        const isNewer = newest?.epoch !== channel.state.epoch || newest.seq < channel.state.seq;
        if (isNewer) this.#newest.set(view.channel, channel.state);
        view.look(channel.state);
        this.largest = Math.max(this.largest, channel.size);
      }
    }
  }
}
