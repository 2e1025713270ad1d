import { UsageError } from "../usage-error.js";
import type { GivenOptions, ReadText } from "./given.js";
import { countOf, sizeOf, timeOf } from "./quantity.js";
import { type RedisPlace, redisPlace } from "./redis-place.js";
import { secretOf } from "./secret.js";

/** Where a server keeps what is written, how much of it, and how long it waits for that place. */
export interface DataSettings {
  readonly folder?: string;
  readonly redis?: RedisPlace;
  readonly postgres?: string;
  /** Of each channel; milliseconds and bytes. */
  readonly retention: {
    readonly messages?: number;
    readonly age?: number;
    readonly bytes?: number;
  };
  /** Milliseconds. */
  readonly wait: number;
}

/** @throws UsageError */
export function dataSettings(given: GivenOptions, read: ReadText): DataSettings {
  const folder = given.get("data");
  const redis = secretOf(given, "redis", read);
  const postgres = secretOf(given, "postgres", read);
  if (folder && redis) {
    const both = `${folder.from} and ${redis.from}`;
    throw new UsageError(`${both}: a log is in one place; one server needs no Redis, two need it`);
  }
  const place = redis && redisPlace(redis.value);
  if (redis && !place) {
    throw new UsageError(`${redis.from}: give redis://HOST:PORT, or another form in --help`);
  }
  if (postgres && !/^postgres(ql)?:\/\/[^\s]+$/.test(postgres.value)) {
    throw new UsageError(`${postgres.from}: give postgres://USER:PASSWORD@HOST:PORT/DATABASE`);
  }
  const messages = given.get("retain-messages");
  const age = given.get("retain-age");
  const bytes = given.get("retain-bytes");
  return {
    ...(folder && { folder: folder.value }),
    ...(place && { redis: place }),
    ...(postgres && { postgres: postgres.value }),
    retention: {
      ...(messages && { messages: countOf(messages) }),
      ...(age && { age: timeOf(age) }),
      ...(bytes && { bytes: sizeOf(bytes) }),
    },
    wait: timeOf(given.get("wait") ?? { value: "30s", from: "--wait" }),
  };
}
