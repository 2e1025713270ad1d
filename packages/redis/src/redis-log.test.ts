import process from "node:process";
import { logContract } from "@deltawire/server/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import {
  type RealCluster,
  type RealRedis,
  redisPart,
  startCluster,
  startRedis,
} from "../../../tests/real/redis.js";
import { subjectAt } from "./testing/subject.js";

/** A Redis that is there already. */
const url = process.env.DELTAWIRE_REDIS_URL;

const part = await redisPart("packages/redis, what a log promises");

describe.skipIf(url === undefined)("the Redis of DELTAWIRE_REDIS_URL", () => {
  logContract({ test, make: () => subjectAt(url ?? "") });
});

describe.skipIf(part === undefined)("one Redis", () => {
  let redis: RealRedis;
  beforeAll(async () => {
    if (part) redis = await startRedis(part);
  });
  afterAll(() => redis.stop());
  logContract({ test, make: () => subjectAt(redis.url) });
});

describe.skipIf(part === undefined)("a cluster", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    if (part) cluster = await startCluster(part);
  });
  afterAll(() => cluster.stop());
  logContract({ test, make: () => subjectAt({ cluster: cluster.urls }) });
});
