import { createHash, randomUUID } from "node:crypto";
import type { LogLease, LogLiving } from "@deltawire/server";
import { type Keys, SHARDS, type ShardKeys, shardOf } from "./channel-keys.js";
import type { Commands } from "./commands.js";
import { failure } from "./failure.js";
import { listOf, numberOf, textOf } from "./reply.js";
import { FORGET, MARK, MEND, RENEW, SEE_TO, UNMARK } from "./scripts.js";

/** Orphans that are named at once, and how many of them each shard names. */
const MOST_ORPHANS = 256;
const SHARD_ORPHANS = 32;

/** Milliseconds after which a record that was announced by a mark does not come any more. */
const MARK_PATIENCE = 60_000;

/** In each shard, channels that somebody sees to, and until when, as Redis has it. */
type Seen = readonly Map<string, number>[];

const nothingSeen = (): Seen => Array.from({ length: SHARDS }, () => new Map());

/**
 * Which channels have unfinished work, who sees to them and until when, and which servers live. All
 * times are by Redis's clock.
 *
 * A channel is marked before a record leaves work to do, and the mark is taken back after one leaves
 * none. Between the two somebody may die: then a mark is there without work, which is found when the
 * channel would be named as an orphan; work without a mark is not possible.
 */
export class Unfinished {
  readonly #keys: Keys;
  readonly #commands: Commands;
  /** What each server sees to that renews here: that is one. */
  readonly #servers = new Map<string, Seen>();
  /** Channels that were marked since the last renewal. */
  #marked: Seen = nothingSeen();
  /** The shards' incarnations, as they were last. */
  readonly #incarnations: (string | undefined)[] = [];
  /** Of the last lease, in milliseconds. */
  #duration = 0;
  /** The shard whose orphans come first: each one in its turn. */
  #turn = 0;

  constructor(keys: Keys, commands: Commands) {
    this.#keys = keys;
    this.#commands = commands;
  }

  /** Announces a record that leaves work to do. This server sees to it, until it renews its lease. */
  async mark(channel: string, index: number): Promise<void> {
    const shard = shardOf(channel);
    const { work, marks } = this.#shard(shard);
    const duration = this.#duration;
    const until = await this.#commands.run(MARK, [work, marks], [channel, index, duration]);
    if (duration > 0) this.#marked[shard]?.set(channel, numberOf(until));
  }

  /** Takes back the marks of records up to one that left nothing to do. */
  async unmark(channel: string, index: number): Promise<void> {
    const { work, marks } = this.#shard(shardOf(channel));
    await this.#commands.run(UNMARK, [work, marks], [channel, index]);
  }

  /** The mark that a channel has, to take back this one and no other. */
  async markOf(channel: string): Promise<string> {
    const { marks } = this.#shard(shardOf(channel));
    return (await this.#commands.fields(marks, channel))[0] ?? "";
  }

  async forget(channel: string, mark: string): Promise<void> {
    const { work, marks } = this.#shard(shardOf(channel));
    await this.#commands.run(FORGET, [work, marks], [channel, mark]);
  }

  async renew({ server, duration, channels }: LogLease): Promise<LogLiving> {
    const { leases, state } = this.#keys.leases;
    const before = this.#servers.get(server) ?? nothingSeen();
    for (const [shard, marked] of this.#marked.entries()) {
      for (const [channel, until] of marked) before[shard]?.set(channel, until);
    }
    const now = nothingSeen();
    for (const channel of duration > 0 ? channels : []) {
      const shard = shardOf(channel);
      now[shard]?.set(channel, before[shard]?.get(channel) ?? -1);
    }
    this.#duration = duration;
    this.#marked = nothingSeen();
    if (duration > 0) this.#servers.set(server, now);
    else this.#servers.delete(server);
    const [lease, ...shards] = await Promise.all([
      this.#commands.run(RENEW, [leases, state], [server, duration, randomUUID()]),
      // A part of a cluster that is away must not end this server's lease.
      ...now.map((own, shard) =>
        this.#seeTo(shard, own, before[shard], duration).catch((): string[] => []),
      ),
    ]);
    const [time, own, servers] = listOf(lease);
    return {
      now: numberOf(time),
      incarnation: this.#incarnationOf(textOf(own)),
      servers: listOf(servers).map(textOf),
      orphans: await this.#orphans(shards.flat()),
    };
  }

  /** Renews what this server sees to in a shard, and names channels that nobody sees to. */
  async #seeTo(
    shard: number,
    own: Map<string, number>,
    before: ReadonlyMap<string, number> | undefined,
    duration: number,
  ): Promise<string[]> {
    const { work, state } = this.#shard(shard);
    const channels = [...own.keys()];
    // What this server saw to, and nobody else since, nobody sees to now.
    const released = [...(before ?? [])].filter(([channel]) => !own.has(channel)).flat();
    const args = [randomUUID(), duration, SHARD_ORPHANS, own.size, ...channels, ...released];
    const reply = listOf(await this.#commands.run(SEE_TO, [work, state], args));
    const until = numberOf(reply[0]);
    for (const channel of channels) own.set(channel, until);
    this.#incarnations[shard] = textOf(reply[1]);
    return listOf(reply[2]).map(textOf);
  }

  /** Of channels that nobody sees to, those that have unfinished work indeed. */
  async #orphans(candidates: readonly string[]): Promise<readonly string[]> {
    this.#turn += MOST_ORPHANS;
    const from = candidates.length > MOST_ORPHANS ? this.#turn % candidates.length : 0;
    const some = [...candidates.slice(from), ...candidates.slice(0, from)].slice(0, MOST_ORPHANS);
    const isOrphan = await Promise.all(
      some
        .map(async (channel) => {
          const { head } = this.#keys.channel(channel);
          const [index, work] = await this.#commands.fields(head, "i", "u");
          if (work === "1") return true;
          const { work: all, marks } = this.#shard(shardOf(channel));
          await this.#commands.run(MEND, [all, marks], [channel, index ?? "0", MARK_PATIENCE]);
          return false;
        })
        .map((asked) => asked.catch(() => false)),
    );
    return some.filter((_, i) => isOrphan[i]);
  }

  /** One name for all the parts: where any of them is empty, that is another log. */
  #incarnationOf(own: string): string {
    const all = [own];
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const one = this.#incarnations[shard];
      if (one === undefined)
        throw failure(
          "renew",
          "a part of the cluster has not answered yet: the connection is new",
          undefined,
        );
      all.push(one);
    }
    return createHash("sha256").update(all.join()).digest("base64url").slice(0, 22);
  }

  #shard(shard: number): ShardKeys {
    const keys = this.#keys.shards[shard];
    if (keys === undefined) throw new RangeError(`there is no shard ${shard}`);
    return keys;
  }
}
