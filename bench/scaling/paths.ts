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
  quick: { rounds: 3, tokens: 80 },
  full: { rounds: 7, tokens: 500 },
};

/** Tokens a second: a fast model. */
const PER_SECOND = 100;

/** Consumers at the far end. */
const CONSUMERS = 5;

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

  static async start(name: string, from: string, to: string): Promise<Path> {
    const at = (file: string) => new URL(`../targets/${file}`, import.meta.url);
    const producer = await Child.start<ProducerOrder, Written>(at("producer.ts"), from);
    const consumers = await Child.start<ConsumersOrder, ConsumersAnswer>(at("consumers.ts"), to);
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
const ONE = "one server, in memory";

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
  const servers: { end(): void }[] = [];
  const serverAt = async (place: LogPlace): Promise<string> => {
    const { child, first } = await startServer(place);
    servers.push(child);
    return first.url;
  };
  const paths: Path[] = [];
  try {
    const alone = await serverAt({ type: "memory" });
    const kept = await serverAt({ type: "level", folder });
    paths.push(await Path.start(ONE, alone, alone));
    paths.push(await Path.start("one server, in LevelDB", kept, kept));
    if (redis) {
      const place = { type: "redis", place: redis.place } as const;
      const [a, b] = [await serverAt(place), await serverAt(place)];
      paths.push(await Path.start("one server, in Redis", a, a));
      paths.push(await Path.start("two servers, over Redis", a, b));
    }
    const things = paths.map((path) => () => path.sample(tokens));
    return rowsOf(await Rounds.gather(rounds, 1, things), paths);
  } finally {
    for (const process of [...paths, ...servers]) process.end();
  }
}

function rowsOf(found: Rounds, paths: readonly Path[]): Named<PathRow> {
  const rows = paths.map(({ name }): [string, PathRow] => [
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
