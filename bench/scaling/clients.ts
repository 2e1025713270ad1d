import { Child } from "../fanout/child.js";
import type { LogOrder, LogReport } from "./log-client.js";
import type { RedisUnderTest } from "./places.js";

/** Bytes of a record: a window of a text, with who wrote it and where. */
export const RECORD = 128;

/** What several processes have done together. */
export interface Work extends LogReport {
  /** Microseconds of processor time that Redis has taken meanwhile. */
  readonly redisCpu: number;
}

/** Processes that use a Redis as servers do. */
export class Clients {
  readonly #redis: RedisUnderTest;
  readonly #all: readonly Child<LogOrder, LogReport>[];

  private constructor(redis: RedisUnderTest, all: readonly Child<LogOrder, LogReport>[]) {
    this.#redis = redis;
    this.#all = all;
  }

  /** Runs something with so many of them, and ends them. */
  static async with<Result>(
    redis: RedisUnderTest,
    count: number,
    run: (clients: Clients) => Promise<Result>,
  ): Promise<Result> {
    const module = new URL("./log-client.ts", import.meta.url);
    const args = [JSON.stringify(redis.place), String(RECORD)];
    const all: Child<LogOrder, LogReport>[] = [];
    try {
      const start = async () => {
        all.push((await Child.start<LogOrder, LogReport>(module, ...args)).child);
      };
      await Promise.all(Array.from({ length: count }, start));
      return await run(new Clients(redis, all));
    } finally {
      for (const child of all) child.end();
    }
  }

  /** The first `count` of them do what they are told, at the same time. */
  async do(count: number, order: (index: number) => LogOrder): Promise<Work> {
    const before = await this.#redis.cpu();
    const reports = await Promise.all(
      this.#all.slice(0, count).map((child, i) => child.ask(order(i))),
    );
    const redisCpu = (await this.#redis.cpu()) - before;
    const total = (what: "done" | "conflicts" | "cpu") =>
      reports.reduce((sum, report) => sum + report[what], 0);
    return {
      done: total("done"),
      conflicts: total("conflicts"),
      cpu: total("cpu"),
      milliseconds: Math.max(...reports.map(({ milliseconds }) => milliseconds)),
      redisCpu,
    };
  }
}
