export type { ClusterPlace, RedisPlace, SentinelPlace } from "./place.js";
export { type RedisLog, type RedisLogOptions, redisLog } from "./redis-log.js";
