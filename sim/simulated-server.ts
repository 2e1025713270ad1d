import type { Message, Wire } from "@deltawire/protocol";
import { SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { ChannelRules } from "../packages/server/src/channel-rules.js";
import type { HostedChannel } from "../packages/server/src/hosted-channel.js";
import { HostedChannels } from "../packages/server/src/hosted-channels.js";
import { ServerChannel } from "../packages/server/src/server-channel.js";
import { Session } from "../packages/server/src/session.js";
import type { SessionHost } from "../packages/server/src/session-host.js";
import { Statistics } from "../packages/server/src/statistics.js";
import { HIGH_WATER, type Transport } from "../packages/server/src/transport.js";
import type { Accepted, Listener, ServerEnd } from "./listener.js";
import type { Scenario } from "./scenario.js";
import type { SimulatedLog } from "./simulated-log.js";
import { Process, type World } from "./world.js";

const SUPPORTED: readonly string[] = Object.values(SUBPROTOCOLS);

/** Milliseconds of silence after which a server asks. */
const HEARTBEAT = 15_000;

/** How much more than one each client counts for that reads compressed forms: frames are tiny here. */
const WEIGHT = 64;

/** Of so many connections one is sent nothing that was compressed. */
const PLAIN = 4;

/** What a server is like. */
export type ServerPlan = Pick<Scenario, "scale" | "lease" | "tokens" | "idle" | "keeps">;

/** What a run wants to know of its servers. */
export interface ServerHost {
  /** Undefined where the server has everything in its memory. */
  readonly log: SimulatedLog | undefined;
  /** A defect of the server. */
  report(defect: unknown): void;
  /** The listeners of a message that has ended are called. */
  completed(epoch: string | undefined, channel: string, message: Message): void;
}

/** One life of a server: its channels and its connections. */
export class SimulatedServer implements Listener {
  readonly process: Process;
  readonly life: number;
  /** Those that it has in its memory. */
  readonly channels: Map<string, HostedChannel> = new Map();
  readonly local: Map<string, ServerChannel> = new Map();
  readonly sessions: Map<Session, ServerEnd> = new Map();
  /** How much more waits at a connection than its bytes: texts here are small. */
  readonly #scale: number;
  readonly #hosted: HostedChannels;
  #accepted = 1;
  readonly #sessionHost: SessionHost;

  constructor(world: World, life: number, plan: ServerPlan, host: ServerHost) {
    this.process = new Process(world, `server ${life}`);
    this.life = life;
    this.#scale = plan.scale;
    this.#hosted = this.#hostedChannels(plan, host);
    this.#hosted.start();
    this.#sessionHost = {
      clock: this.process.clock,
      open: (name) => this.#open(name),
      load: (name) => this.#hosted.load(name),
      durability: this.#hosted.durability,
      report: (defect) => host.report(defect),
      ...(plan.tokens !== undefined && { access: accessAt(world) }),
    };
    this.#sweep();
  }

  #hostedChannels({ lease, idle, keeps }: ServerPlan, host: ServerHost): HostedChannels {
    const { clock } = this.process;
    const { log } = host;
    return new HostedChannels({
      clock,
      statistics: new Statistics({ now: () => clock.now(), afterWrites: (run) => run() }),
      times: { lease, lost: 600_000 },
      weight: WEIGHT,
      ...(keeps !== undefined && {
        rules: new ChannelRules({ "*": { retention: { messages: keeps } } }),
      }),
      data: log && {
        ...log.view(this.process, (channel) => this.channels.delete(channel)),
        idle,
      },
      // Of a channel in memory this is its epoch.
      randomId: () => log?.id() ?? `epoch-${this.life}`,
      random: () => log?.random() ?? 0,
      listeners: [
        ({ channel, message }) =>
          host.completed(this.channels.get(channel)?.state.epoch, channel, message),
      ],
      report: (defect) => host.report(defect),
    });
  }

  #open(name: string): HostedChannel {
    const channel = this.#hosted.open(name);
    this.channels.set(name, channel);
    return channel;
  }

  /** Forgets whoever gives no sign of life, as an endpoint does. */
  #sweep(): void {
    for (const [session, end] of this.sessions) {
      if (session.isAlive()) continue;
      session.end();
      end.terminate();
    }
    this.process.clock.after(HEARTBEAT / 2, () => this.#sweep());
  }

  /** A channel as the server's own program has it. */
  localChannel(name: string, throttle: number): ServerChannel {
    let channel = this.local.get(name);
    if (!channel) {
      const producer = `local-${this.life}`;
      const { clock } = this.process;
      const open = () => {
        const loading = this.#hosted.load(name);
        return loading ? loading.then(() => this.#open(name)) : this.#open(name);
      };
      channel = new ServerChannel(name, { clock, producer, open }, { throttle });
      this.local.set(name, channel);
    }
    return channel;
  }

  accept(
    offered: readonly string[],
    end: ServerEnd,
  ): { protocol: string; accepted: Accepted } | undefined {
    const protocol = offered.find((name) => SUPPORTED.includes(name)) as Subprotocol | undefined;
    if (!protocol) return undefined;
    const transport = new PacedTransport(end, this.#scale);
    const session = new Session(this.#sessionHost, transport, {
      subprotocol: protocol,
      heartbeat: HEARTBEAT,
      compression: this.#accepted % PLAIN > 0,
    });
    this.#accepted += 1;
    this.sessions.set(session, end);
    const accepted: Accepted = {
      receive: (message) => session.receive(message),
      end: () => {
        session.end();
        this.sessions.delete(session);
      },
    };
    return { protocol, accepted };
  }

  /** Says goodbye to everybody, and is gone after that. */
  goodbye(retryAfter: (limit: number) => number): void {
    for (const session of this.sessions.keys()) session.goodbye("deploy", retryAfter(2000));
    this.process.clock.after(1000, () => void this.#hosted.close());
  }
}

/** Lets in who shows a token of {@link Program} that is good now. */
const accessAt = (world: World): NonNullable<SessionHost["access"]> => ({
  authenticate: async ({ token = "" }) => {
    const [id = "", until] = token.split(" ");
    const expiresAt = Number(until);
    return expiresAt > world.now ? { id, expiresAt } : undefined;
  },
  authorize: () => true,
  expiresIn: ({ expiresAt }) => expiresAt && Math.max(0, Math.ceil(expiresAt - world.now)),
});

/** A connection as a session has it: it says when it has drained, once each time. */
class PacedTransport implements Transport {
  readonly #end: ServerEnd;
  readonly #scale: number;
  #wasFull = false;

  constructor(end: ServerEnd, scale: number) {
    this.#end = end;
    this.#scale = scale;
  }

  get waiting(): number {
    return this.#end.waiting * this.#scale;
  }

  send(message: Wire): void {
    this.#end.send(message);
    this.#wasFull ||= this.waiting > HIGH_WATER;
  }

  close(code: number, reason: string): void {
    this.#end.close(code, reason);
  }

  onDrain(run: () => void): void {
    this.#end.onTaken(() => {
      if (!this.#wasFull || this.waiting > HIGH_WATER) return;
      this.#wasFull = false;
      run();
    });
  }
}
