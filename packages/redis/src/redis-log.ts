import type {
  Log,
  LogAnswer,
  LogContents,
  LogLease,
  LogLiving,
  LogNews,
  LogPosition,
  LogRecord,
} from "@deltawire/server";
import { Keys } from "./channel-keys.js";
import { Commands } from "./commands.js";
import { failure } from "./failure.js";
import { Followers } from "./followers.js";
import { type Behaviour, connectTo, prefixOf, type RedisPlace } from "./place.js";
import { Replicas } from "./replicas.js";
import { type AppendReply, appendReply, contentsOf } from "./reply.js";
import { APPEND, COMPACT, DELETE, READ } from "./scripts.js";
import { warnOfSettings } from "./settings.js";
import { Subscriptions } from "./subscriptions.js";
import { Unfinished } from "./unfinished.js";

/** How a log in Redis behaves. */
export interface RedisLogOptions {
  /** What all its keys begin with. @default "deltawire:" */
  readonly prefix?: string;
  /** Milliseconds in which a call resolves or rejects. @default 2000 */
  readonly timeout?: number;
  /**
   * Replicas that must have a record before its append resolves. Without, what Redis has confirmed is
   * lost where its master dies before a replica has it. @default 0
   */
  readonly replicas?: number;
  /** Milliseconds for which nobody uses a channel until its keys go. @default they stay */
  readonly expire?: number;
}

/** {@link RedisLogOptions.prefix} */
const PREFIX = "deltawire:";

/** {@link RedisLogOptions.timeout} */
const TIMEOUT = 2000;

/** Bytes of a record that are sent along with news of it, at most. */
const MAX_NEWS = 32_768;

/** A log in Redis. Made by {@link redisLog}. */
export interface RedisLog extends Log {
  /** Ends the connections. Calls reject from then on. */
  close(): Promise<void>;
}

/**
 * A log that any number of servers share, in Redis 7 or newer: one server, one that sentinels watch,
 * or a cluster. It connects at once, and again whenever the connection is lost.
 *
 * @throws TypeError for what is no place, and for a prefix with braces
 */
export const redisLog = (where: RedisPlace, options: RedisLogOptions = {}): RedisLog =>
  new SharedLog(where, options);

class SharedLog implements RedisLog {
  readonly durability = "shared";
  readonly #keys: Keys;
  readonly #commands: Commands;
  readonly #replicas: Replicas | undefined;
  readonly #followers: Followers;
  readonly #unfinished: Unfinished;
  readonly #expire: number;
  /** What is done after a call has resolved. */
  readonly #rest = new Set<Promise<unknown>>();

  constructor(where: RedisPlace, options: RedisLogOptions) {
    const { prefix = PREFIX, timeout = TIMEOUT, replicas = 0, expire = 0 } = options;
    this.#keys = new Keys(prefixOf(where) + prefix);
    this.#expire = expire;
    const behaviour: Behaviour = { timeout, connectionName: "deltawire" };
    const client = connectTo(where, behaviour);
    this.#commands = new Commands(client, timeout);
    this.#replicas = replicas > 0 ? new Replicas(this.#commands, replicas, timeout) : undefined;
    const subscriptions = new Subscriptions(client, {
      timeout,
      connectionName: "deltawire-news",
    });
    this.#followers = new Followers(this.#keys, this.#commands, subscriptions, expire);
    this.#unfinished = new Unfinished(this.#keys, this.#commands);
    warnOfSettings(client);
  }

  renew(lease: LogLease): Promise<LogLiving> {
    return this.#unfinished.renew(lease);
  }

  async append(
    channel: string,
    after: LogPosition,
    record: LogRecord,
    unfinished: boolean,
  ): Promise<LogAnswer> {
    // The first record needs the mark in any case; later ones are asked for it by the script.
    let isMarked = unfinished && after.index === 0;
    if (isMarked) await this.#unfinished.mark(channel, record.index);
    let reply = await this.#append(channel, after, record, unfinished, isMarked);
    if (reply === "mark") {
      isMarked = true;
      await this.#unfinished.mark(channel, record.index);
      reply = await this.#append(channel, after, record, unfinished, isMarked);
    }
    if (reply === "mark") throw failure("append", "the mark was asked for twice", undefined);
    if (reply !== "appended, and the work is done") return reply;
    // A mark that stays is taken back when the channel would be an orphan.
    if (!unfinished) this.#later(this.#unfinished.unmark(channel, record.index));
    return { type: "appended" };
  }

  async read(channel: string, after?: LogPosition): Promise<LogContents> {
    const { head, log, snapshot } = this.#keys.channel(channel);
    const args = [after?.index ?? "", after?.tag ?? "", this.#expire];
    return contentsOf(await this.#commands.run(READ, [head, log, snapshot], args));
  }

  async compact(channel: string, snapshot: LogRecord, keep: number): Promise<void> {
    const { index, tag, data } = snapshot;
    const { head, log, snapshot: key } = this.#keys.channel(channel);
    const from = Math.max(0, index - keep + 1);
    const args = [index, tag, bytes(data), from, this.#expire];
    await this.#commands.run(COMPACT, [head, log, key], args);
  }

  follow(channel: string, tell: (news: LogNews) => void): () => void {
    return this.#followers.follow(channel, tell);
  }

  async delete(channel: string): Promise<void> {
    const { head, log, snapshot, news } = this.#keys.channel(channel);
    const mark = await this.#unfinished.markOf(channel);
    await this.#commands.run(DELETE, [head, log, snapshot, news], []);
    // Whoever has begun the channel anew meanwhile has made a mark of its own.
    await this.#unfinished.forget(channel, mark);
  }

  async close(): Promise<void> {
    this.#followers.close();
    await Promise.allSettled([...this.#rest]);
    this.#commands.close();
  }

  async #append(
    channel: string,
    after: LogPosition,
    { index, tag, data }: LogRecord,
    unfinished: boolean,
    isMarked: boolean,
  ): Promise<AppendReply> {
    const { head, log, snapshot, news } = this.#keys.channel(channel);
    const flags = [unfinished, isMarked, data.length <= MAX_NEWS].map(Number);
    const args = [after.index, after.tag, index, tag, bytes(data), ...flags, this.#expire];
    const reply = await this.#commands.run(APPEND, [head, log, snapshot, news], args);
    const answer = appendReply(reply);
    const isThere = answer !== "mark" && (typeof answer === "string" || answer.type === "appended");
    if (isThere) await this.#replicas?.have(head);
    return answer;
  }

  #later(work: Promise<unknown>): void {
    const done = work
      .catch(() => undefined)
      .finally(() => {
        this.#rest.delete(done);
      });
    this.#rest.add(done);
  }
}

/** The same bytes, as ioredis takes them. */
const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
