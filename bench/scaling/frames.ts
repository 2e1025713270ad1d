import { Child } from "../fanout/child.js";
import type { CostRow, Effort, Named } from "../results.js";
import type { AudienceOrder } from "./audience.js";
import { startServer } from "./channels.js";
import type { RedisUnderTest } from "./places.js";

interface Plan {
  readonly channels: number;
  /** Of each channel: so many to warm up, and so many that count. */
  readonly frames: readonly [number, number];
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { channels: 5, frames: [1, 3] },
  quick: { channels: 100, frames: [30, 30] },
  full: { channels: 100, frames: [100, 300] },
};

/**
 * What two servers that share a Redis take for a frame: many channels, in each of which a text grows
 * by a frame every 100 ms, written at one server and watched by one viewer at the other.
 *
 * @throws Error where a viewer does not get all of it
 */
export async function measureFrames(
  redis: RedisUnderTest,
  effort: Effort,
): Promise<Named<CostRow>> {
  const { channels, frames } = PLANS[effort];
  const started: { end(): void }[] = [];
  try {
    const place = { type: "redis", place: redis.place } as const;
    const servers = await Promise.all([startServer(place), startServer(place)]);
    started.push(...servers.map(({ child }) => child));
    const [from, to] = servers.map(({ first }) => first.url);
    const module = new URL("./audience.ts", import.meta.url);
    const args = [from ?? "", to ?? "", String(channels)];
    const { child: audience } = await Child.start<AudienceOrder, object>(module, ...args);
    started.push(audience);
    const look = () =>
      Promise.all(servers.map(async ({ child }) => (await child.ask({ type: "look" })).cpu));
    await audience.ask({ frames: frames[0] });
    const [before, redisBefore] = [await look(), await redis.cpu()];
    await audience.ask({ frames: frames[1] });
    const redisCpu = (await redis.cpu()) - redisBefore;
    const [here = Number.NaN, there = Number.NaN] = (await look()).map(
      (cpu, i) => (cpu - (before[i] ?? 0)) / (frames[1] * channels),
    );
    const what = `CPU of a frame, ${channels} channels at 10 a second with a viewer each`;
    return {
      frameHere: { what: `${what}: the producers' server`, value: here, unit: "µs" },
      frameThere: { what: `${what}: the viewers' server`, value: there, unit: "µs" },
      frameRedis: {
        what: `${what}: Redis`,
        value: redisCpu / (frames[1] * channels),
        unit: "µs",
      },
    };
  } finally {
    for (const child of started) child.end();
  }
}
