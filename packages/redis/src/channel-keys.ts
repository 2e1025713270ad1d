/** Over how many keys the channels with unfinished work are spread. Stored: it never changes. */
export const SHARDS = 16;

/** The keys of one channel. They have one hash tag: on a cluster they are on one server. */
export interface ChannelKeys {
  /** A hash: the place of the last record, and whether it leaves work to do. */
  readonly head: string;
  /** A stream: the records, each by the id `<index>-0`. */
  readonly log: string;
  /** A hash: the latest snapshot and its place. */
  readonly snapshot: string;
  /** A sharded pub/sub channel: news of records. */
  readonly news: string;
}

/** The keys of one of the {@link SHARDS}. */
export interface ShardKeys {
  /** A sorted set: channels with unfinished work, by until when somebody sees to them. */
  readonly work: string;
  /** A hash: of which record's work each mark is, and since when. */
  readonly marks: string;
  /** A hash: see {@link LeaseKeys.state}. */
  readonly state: string;
}

/** The keys of the servers' leases. */
export interface LeaseKeys {
  /** A sorted set: servers, by until when their sign of life counts. */
  readonly leases: string;
  /** A hash: a name for what is there, as long as it is; and when a lease was renewed last. */
  readonly state: string;
}

/** What the keys are called. */
export class Keys {
  readonly #prefix: string;
  readonly leases: LeaseKeys;
  readonly shards: readonly ShardKeys[];

  /** @throws TypeError for a prefix with braces, which would decide where all keys go */
  constructor(prefix: string) {
    if (/[{}]/.test(prefix)) {
      throw new TypeError(`redisLog: the prefix "${prefix}" has braces: leave them out`);
    }
    this.#prefix = prefix;
    const servers = `${prefix}{servers}`;
    this.leases = { leases: `${servers}:leases`, state: `${servers}:state` };
    this.shards = Array.from({ length: SHARDS }, (_, i) => {
      const shard = `${prefix}{unfinished-${i}}`;
      return {
        work: `${shard}:work`,
        marks: `${shard}:marks`,
        state: `${shard}:state`,
      };
    });
  }

  channel(channel: string): ChannelKeys {
    const name = `${this.#prefix}{c:${encode(channel)}}`;
    return {
      head: `${name}:head`,
      log: `${name}:log`,
      snapshot: `${name}:snapshot`,
      news: `${name}:news`,
    };
  }
}

/** Braces would end the hash tag, and half a surrogate pair has no UTF-8. */
const encode = (channel: string): string =>
  channel.replace(
    /[%{}]|\p{Surrogate}/gu,
    (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Which of the {@link SHARDS} holds a channel's mark (FNV-1a, 32 bits). Stored: it never changes. */
export function shardOf(channel: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < channel.length; i += 1) {
    hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}
