import { randomUUID } from "node:crypto";
import { logContract } from "@deltawire/server/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import {
  type RealCluster,
  type RealRedis,
  redisPart,
  startCluster,
  startRedis,
} from "../../../tests/real/redis.js";
import { type RedisLog, type RedisPlace, redisLog } from "./index.js";

const part = await redisPart("packages/redis: what a log promises");

/** A log of its own for each test: its keys begin as no other's do. */
const subject = (where: () => RedisPlace) => async () => {
  const prefix = `${randomUUID()}:`;
  const logs: RedisLog[] = [];
  const open = async () => {
    const log = redisLog(where(), { prefix });
    logs.push(log);
    return log;
  };
  return {
    log: await open(),
    another: open,
    reopen: async () => {
      await Promise.all(logs.splice(0).map((log) => log.close()));
      return open();
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.close()));
    },
  };
};

describe.skipIf(part === undefined)("one Redis", () => {
  let redis: RealRedis;
  beforeAll(async () => {
    if (part) redis = await startRedis(part);
  });
  afterAll(() => redis.stop());
  logContract({ test, make: subject(() => redis.url) });
});

describe.skipIf(part === undefined)("a cluster", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    if (part) cluster = await startCluster(part);
  });
  afterAll(() => cluster.stop());
  logContract({ test, make: subject(() => ({ cluster: cluster.urls })) });
});
