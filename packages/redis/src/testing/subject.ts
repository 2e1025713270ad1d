import { randomUUID } from "node:crypto";
import type { LogSubject } from "@deltawire/server/testing";
import { type RedisLog, type RedisLogOptions, type RedisPlace, redisLog } from "../index.js";

/** A log under test, as several servers have it. */
export interface RedisSubject extends LogSubject {
  readonly log: RedisLog;
  another(options?: RedisLogOptions): Promise<RedisLog>;
  /** What its keys begin with. */
  readonly prefix: string;
}

/** A log of its own: its keys begin as no other's do. */
export async function subjectAt(
  place: RedisPlace,
  options: RedisLogOptions = {},
): Promise<RedisSubject> {
  const prefix = `${randomUUID()}:`;
  const logs: RedisLog[] = [];
  const another = async (others: RedisLogOptions = {}): Promise<RedisLog> => {
    const log = redisLog(place, { prefix, ...options, ...others });
    logs.push(log);
    return log;
  };
  const close = async (): Promise<void> => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
  };
  return {
    log: await another(),
    prefix,
    another,
    reopen: async () => {
      await close();
      return another();
    },
    close,
  };
}
