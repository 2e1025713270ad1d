import { Faults } from "../demo/faults.js";
import { frameKind } from "../demo/frame-kind.js";
import { startProxy, type TrafficProxy } from "../demo/proxy.js";
import type { LineReport, Network } from "./report.js";

/** Connections that a line has open at most. */
const MAX_OPEN = 32;

/** From the best network to the worst. */
const NETWORKS: readonly Network[] = ["live", "slow", "stalled", "cut"];

/** A network by its name; undefined for what is none. */
export function networkOf(name: unknown): Network | undefined {
  return NETWORKS.find((network) => network === name);
}

const worse = (a: Network, b: Network): Network =>
  NETWORKS.indexOf(a) > NETWORKS.indexOf(b) ? a : b;

/** One client's way to the server: a port of its own on this machine, metered, and as bad as told. */
export class Line {
  readonly name: string;
  readonly #faults: Faults;
  readonly #proxy: TrafficProxy;
  #own: Network = "live";
  #common: Network = "live";
  readonly #join: { connection: number; bytes: number };

  private constructor(
    name: string,
    faults: Faults,
    proxy: TrafficProxy,
    join: { connection: number; bytes: number },
  ) {
    this.name = name;
    this.#faults = faults;
    this.#proxy = proxy;
    this.#join = join;
  }

  /** @param port the server's, wherever that is now */
  static async open(name: string, port: () => number): Promise<Line> {
    const faults = new Faults();
    const join = { connection: -1, bytes: 0 };
    const proxy = await startProxy({
      port,
      faults,
      onMessage: (direction, { connection, opcode, first, end }) => {
        if (direction === "up" || opcode > 2 || connection <= join.connection) return;
        const kind = frameKind(first);
        if (kind !== "snapshot" && kind !== "state") return;
        join.connection = connection;
        join.bytes = end;
      },
    });
    return new Line(name, faults, proxy, join);
  }

  /** Where its client connects to. */
  get port(): number {
    return this.#proxy.port;
  }

  /** What it does: the worse of what it was told and what all were told. */
  get network(): Network {
    return this.#faults.network;
  }

  /** Whether it takes no further connection. */
  get isFull(): boolean {
    return this.#proxy.open >= MAX_OPEN;
  }

  /** Whether nobody uses it, and nobody has told it anything. */
  get isIdle(): boolean {
    return this.#proxy.open === 0 && this.#own === "live";
  }

  get report(): LineReport {
    const { up, down, connections, open } = this.#proxy;
    return {
      name: this.name,
      network: this.#own,
      down: down.bytes + down.body,
      up: up.bytes + up.body,
      frames: down.messages,
      connections,
      open,
      joinBytes: this.#join.bytes,
    };
  }

  /** Tells this line. */
  set(network: Network): void {
    this.#own = network;
    this.#faults.set(worse(this.#own, this.#common));
  }

  /** Tells it what all are told. */
  setCommon(network: Network): void {
    this.#common = network;
    this.#faults.set(worse(this.#own, this.#common));
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}
