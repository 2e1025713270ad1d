import { Cluster, type ClusterOptions, Command, Redis, type RedisOptions } from "ioredis";

/** A master that sentinels watch. */
export interface SentinelPlace {
  /** Each sentinel: `host:port`, or `redis://:password@host:port`. */
  readonly sentinels: readonly string[];
  /** The name by which the sentinels know the master. */
  readonly name: string;
  readonly username?: string;
  readonly password?: string;
  /** @default 0 */
  readonly db?: number;
}

/** A cluster, by some of its servers: `redis://user:password@host:port`, or `rediss:` for TLS. */
export interface ClusterPlace {
  readonly cluster: readonly string[];
}

/**
 * Where Redis is: a URL (`redis://user:password@host:port/db`, or `rediss:` for TLS), sentinels, a
 * cluster, or a client of ioredis. Of a client only the options are used; what it is connected to
 * stays with it.
 */
export type RedisPlace = string | SentinelPlace | ClusterPlace | Redis | Cluster;

/** A client of ioredis, of either kind. */
export type Client = Redis | Cluster;

/** How clients behave, wherever Redis is. */
export interface Behaviour {
  /** Milliseconds for a command. */
  readonly timeout: number;
  /** Shown by CLIENT LIST. */
  readonly connectionName: string;
}

/** Milliseconds between two tries to connect, at most. */
const MAX_RETRY = 2000;

/** Milliseconds between two looks at how the cluster is made up. */
const SLOTS_REFRESH = 2000;

/** Grows with each failure, and is drawn, so that not all servers come back at the same moment. */
const retryDelay = (times: number): number =>
  Math.min(MAX_RETRY, 50 * 2 ** Math.min(times - 1, 10)) * (0.5 + Math.random() / 2);

const connection = ({ timeout, connectionName }: Behaviour) => ({
  connectionName,
  commandTimeout: timeout,
  // A server that is gone without a word is noticed by its silence.
  socketTimeout: 2 * timeout,
  connectTimeout: Math.max(2000, timeout),
  // What was sent when the connection broke is rejected at once: nobody knows whether it happened.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableReadyCheck: true,
  keyPrefix: "",
  replyMapping: "legacy" as const,
  stringNumbers: false,
  // This one was the master, and is not any more: the next connection is to the one that is.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
});

const single = (behaviour: Behaviour) =>
  ({
    ...connection(behaviour),
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: retryDelay,
    sentinelRetryStrategy: retryDelay,
    lazyConnect: false,
    readOnly: false,
  }) satisfies RedisOptions;

const clustered = (behaviour: Behaviour, redisOptions: ClusterOptions["redisOptions"] = {}) =>
  ({
    redisOptions: { ...redisOptions, ...connection(behaviour) },
    keyPrefix: "",
    enableAutoPipelining: true,
    clusterRetryStrategy: retryDelay,
    slotsRefreshInterval: SLOTS_REFRESH,
    slotsRefreshTimeout: behaviour.timeout,
    // Commands are sent again where they were not run, and only there: see `Commands`.
    retryDelayOnFailover: 0,
    scaleReads: "master",
    shardedSubscribers: false,
    lazyConnect: false,
  }) satisfies ClusterOptions;

/** Connects. @throws TypeError for what is no place */
export function connectTo(place: RedisPlace, behaviour: Behaviour): Client {
  if (typeof place === "string") return new Redis(place, single(behaviour));
  if ("duplicate" in place) return duplicate(place, behaviour);
  if ("sentinels" in place) return new Redis({ ...ofSentinels(place), ...single(behaviour) });
  if ("cluster" in place && place.cluster.length > 0) {
    const urls = place.cluster.map(urlOf);
    return new Cluster(urls.map(hostOf), clustered(behaviour, accessOf(urls)));
  }
  throw new TypeError(
    "redisLog: name a URL, { sentinels, name }, { cluster: [url] } or a client of ioredis",
  );
}

/** The prefix that a client of ioredis was made with. */
export const prefixOf = (place: RedisPlace): string =>
  typeof place === "object" && "duplicate" in place ? (place.options.keyPrefix ?? "") : "";

function duplicate(client: Client, behaviour: Behaviour): Client {
  if (isCluster(client)) {
    return client.duplicate([], clustered(behaviour, client.options.redisOptions));
  }
  return client.duplicate(single(behaviour));
}

/** Whether it is a client of a cluster; of another copy of ioredis, too. */
export const isCluster = (client: Client): client is Cluster => client.isCluster;

/** The slot of a cluster that a key is in. */
export const slotOf = (key: string): number => new Command("get", [key]).getSlot();

/** Who listens subscribes and unsubscribes in the order that it says. */
const LISTENING = { enableAutoPipelining: false };

/** A connection that listens, to where a client is connected. */
export const listenerOf = (client: Redis, { connectionName }: Behaviour): Redis =>
  client.duplicate({ ...LISTENING, connectionName });

/** A connection that listens to one server of a cluster. */
export const nodeOf = (cluster: Cluster, { options }: Redis, behaviour: Behaviour): Redis => {
  const { host, port } = options;
  return new Redis({
    ...cluster.options.redisOptions,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...single(behaviour),
    ...LISTENING,
  });
};

const urlOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "redis:" || url?.protocol === "rediss:") return url;
  return new URL(`redis://${text}`);
};

const hostOf = ({ hostname, port }: URL) => ({
  host: hostname.replace(/^\[|\]$/g, ""),
  port: Number(port || 6379),
});

/** How to come in, as the first URL says. */
function accessOf([url]: readonly URL[]): RedisOptions {
  return {
    ...(url?.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url?.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(url?.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function ofSentinels({ sentinels, name, username, password, db }: SentinelPlace): RedisOptions {
  const urls = sentinels.map(urlOf);
  const access = accessOf(urls);
  return {
    name,
    sentinels: urls.map((url) => ({ ...hostOf(url), port: Number(url.port || 26379) })),
    ...(access.username ? { sentinelUsername: access.username } : {}),
    ...(access.password ? { sentinelPassword: access.password } : {}),
    ...(access.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(db === undefined ? {} : { db }),
  };
}
