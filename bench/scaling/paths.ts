import { Child } from "../fanout/child.js";
import type { Effort, Named, PathRow } from "../results.js";
import { quantilesOf, Rounds, type Sample } from "../statistics.js";
import type { ConsumersAnswer, ConsumersOrder } from "../targets/consumers.js";
import type { ProducerOrder, Written } from "../targets/producer.js";
import { startServer } from "./channels.js";
import type { RedisUnderTest } from "./places.js";
import type { LogPlace } from "./server.js";

interface Plan {
  readonly rounds: number;
  readonly tokens: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { rounds: 1, tokens: 20 },
  quick: { rounds: 2, tokens: 100 },
  full: { rounds: 7, tokens: 500 },
};

/** Tokens a second: a fast model. */
const PER_SECOND = 100;

/** Consumers at the far end. */
const CONSUMERS = 5;

type Server = Awaited<ReturnType<typeof startServer>>;

/** A producer, and consumers of what it writes. */
class Path {
  readonly name: string;
  readonly #producer: Child<ProducerOrder, Written>;
  readonly #consumers: Child<ConsumersOrder, ConsumersAnswer>;
  #messages = 0;

  private constructor(
    name: string,
    producer: Child<ProducerOrder, Written>,
    consumers: Child<ConsumersOrder, ConsumersAnswer>,
  ) {
    this.name = name;
    this.#producer = producer;
    this.#consumers = consumers;
  }

  /** The producer is connected to the one server, and the consumers to the other. */
  static async start(name: string, { first: from }: Server, { first: to }: Server): Promise<Path> {
    const at = (file: string) => new URL(`../targets/${file}`, import.meta.url);
    const producer = await Child.start<ProducerOrder, Written>(at("producer.ts"), from.url);
    const consumers = await Child.start<ConsumersOrder, ConsumersAnswer>(
      at("consumers.ts"),
      to.url,
    );
    await consumers.child.ask({ type: "join", count: CONSUMERS, over: 0 });
    return new Path(name, producer.child, consumers.child);
  }

  /** @throws Error where a consumer does not hold what was written */
  async sample(tokens: number): Promise<Sample> {
    this.#messages += 1;
    const message = `${this.name} ${this.#messages}`;
    const written = await this.#producer.ask({
      type: "stamps",
      message,
      throttle: 0,
      perSecond: PER_SECOND,
      tokens,
    });
    const { equal, delays } = await this.#consumers.ask({ type: "compare", message, ...written });
    if (equal !== CONSUMERS)
      throw new Error(`${this.name}: ${CONSUMERS - equal} hold something else`);
    const { p50, p99 } = quantilesOf(delays);
    return { [`${this.name} p50`]: p50, [`${this.name} p99`]: p99 };
  }

  end(): void {
    this.#producer.end();
    this.#consumers.end();
  }
}

/** The way that all others are compared with. */
const ONE = "one-memory";

/** All of them, in the order in which they are told. */
const NAMES = [ONE, "one-level", "one-redis", "two-redis"];

/**
 * What a token takes from a producer to the states of consumers: through one server, and through two
 * of which the producer is connected to one and the consumers to the other.
 *
 * @param redis none where there is none
 */
export async function measurePaths(
  redis: RedisUnderTest | undefined,
  folder: string,
  effort: Effort,
): Promise<Named<PathRow>> {
  const { rounds, tokens } = PLANS[effort];
  const servers: Server[] = [];
  const serverAt = async (place: LogPlace): Promise<Server> => {
    const server = await startServer(place);
    servers.push(server);
    return server;
  };
  const paths: Path[] = [];
  const add = async (name: string, places: readonly LogPlace[]): Promise<void> => {
    const [from, to = from] = await Promise.all(places.map(serverAt));
    if (from && to) paths.push(await Path.start(name, from, to));
  };
  try {
    const shared: readonly LogPlace[] = redis ? [{ type: "redis", place: redis.place }] : [];
    await Promise.all([
      add(ONE, [{ type: "memory" }]),
      add("one-level", [{ type: "level", folder }]),
      ...shared.flatMap((place) => [add("one-redis", [place]), add("two-redis", [place, place])]),
    ]);
    const things = paths.map((path) => () => path.sample(tokens));
    return rowsOf(await Rounds.gather(rounds, 1, things), paths);
  } finally {
    for (const path of paths) path.end();
    for (const { child } of servers) child.end();
  }
}

function rowsOf(found: Rounds, paths: readonly Path[]): Named<PathRow> {
  const there = NAMES.filter((name) => paths.some((path) => path.name === name));
  const rows = there.map((name): [string, PathRow] => [
    name,
    {
      p50: found.of(`${name} p50`),
      p99: found.of(`${name} p99`),
      toOne: {
        p50: found.ratio(`${name} p50`, `${ONE} p50`),
        p99: found.ratio(`${name} p99`, `${ONE} p99`),
      },
    },
  ]);
  return Object.fromEntries(rows);
}
