import type { Redis } from "ioredis";
import { type Behaviour, type Client, isCluster, listenerOf, nodeOf, slotOf } from "./place.js";

/** Who listens to a sharded pub/sub channel. */
export interface Listener {
  message(data: Buffer): void;
  /** From now on messages come; before, some may have been missed. */
  confirmed(): void;
}

interface Subscription {
  readonly name: string;
  readonly slot: number;
  readonly listener: Listener;
  /** Where it is subscribed, or where that was asked for. */
  link?: Link | undefined;
}

/** One connection that listens. */
interface Link {
  readonly redis: Redis;
  readonly confirmed: Set<Subscription>;
}

/**
 * Subscriptions to sharded pub/sub, over one connection; on a cluster over one to each master that
 * has some. {@link check} mends what is amiss: it is called now and then.
 */
export class Subscriptions {
  readonly #commands: Client;
  readonly #behaviour: Behaviour;
  readonly #subscriptions = new Map<string, Subscription>();
  /** By the name that the cluster's map has for the server; `""` without a cluster. */
  readonly #links = new Map<string, Link>();
  /** Those that are subscribed nowhere. */
  readonly #idle = new Set<Subscription>();
  #isTending = false;

  /** @param commands the client that knows the cluster */
  constructor(commands: Client, behaviour: Behaviour) {
    this.#commands = commands;
    this.#behaviour = behaviour;
    commands.on("ready", () => this.#soon());
  }

  add(name: string, listener: Listener): void {
    const slot = isCluster(this.#commands) ? slotOf(name) : 0;
    const subscription = { name, slot, listener };
    this.#subscriptions.set(name, subscription);
    this.#rest(subscription);
  }

  remove(name: string): void {
    const subscription = this.#subscriptions.get(name);
    if (subscription === undefined) return;
    this.#subscriptions.delete(name);
    this.#leave(subscription);
    this.#idle.delete(subscription);
  }

  /** Whether messages come. */
  isConfirmed(name: string): boolean {
    const subscription = this.#subscriptions.get(name);
    return subscription?.link?.confirmed.has(subscription) ?? false;
  }

  /**
   * Looks whether the connections live, lets go of those that nobody needs, and subscribes anew where
   * another server has the channel now.
   */
  check(): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.link === this.#linkOf(subscription.slot)) continue;
      this.#leave(subscription);
      this.#rest(subscription);
    }
    const used = new Set([...this.#subscriptions.values()].map(({ link }) => link));
    for (const [name, link] of this.#links) {
      if (isCluster(this.#commands) && !used.has(link) && !this.#isMaster(name)) {
        this.#links.delete(name);
        link.redis.disconnect();
      } else if (link.redis.status === "ready") {
        // A connection that does not answer is closed by its client.
        link.redis.ping().catch(() => undefined);
      }
    }
    this.#soon();
  }

  close(): void {
    this.#subscriptions.clear();
    this.#idle.clear();
    for (const { redis } of this.#links.values()) redis.disconnect();
  }

  /** Once for all that is asked for in one turn. */
  #soon(): void {
    if (this.#isTending) return;
    this.#isTending = true;
    queueMicrotask(() => {
      this.#isTending = false;
      this.#tend();
    });
  }

  #rest(subscription: Subscription): void {
    subscription.link = undefined;
    this.#idle.add(subscription);
    this.#soon();
  }

  #tend(): void {
    const wanted = new Map<Link, Subscription[]>();
    for (const subscription of this.#idle) {
      const link = this.#linkOf(subscription.slot);
      if (link?.redis.status !== "ready") continue;
      this.#idle.delete(subscription);
      subscription.link = link;
      const some = wanted.get(link);
      if (some) some.push(subscription);
      else wanted.set(link, [subscription]);
    }
    for (const [link, some] of wanted) this.#subscribe(link, some);
  }

  #subscribe(link: Link, some: readonly Subscription[]): void {
    const pipeline = link.redis.pipeline();
    for (const { name } of some) pipeline.ssubscribe(name);
    const settled = (errors: readonly (Error | null | undefined)[]): void => {
      for (const [i, subscription] of some.entries()) {
        if (subscription.link !== link) continue;
        if (errors[i] === null) {
          link.confirmed.add(subscription);
          subscription.listener.confirmed();
        } else {
          // The next check asks again.
          subscription.link = undefined;
          this.#idle.add(subscription);
          if (errors[i]?.message.startsWith("MOVED")) this.#look();
        }
      }
    };
    pipeline.exec().then(
      (outcomes) => settled(some.map((_, i) => outcomes?.[i]?.[0])),
      () => settled([]),
    );
  }

  #leave(subscription: Subscription): void {
    const { link } = subscription;
    if (link === undefined) return;
    subscription.link = undefined;
    link.confirmed.delete(subscription);
    if (link.redis.status !== "ready") return;
    link.redis.sunsubscribe(subscription.name).catch(() => undefined);
  }

  /** Asks how the cluster is made up. */
  #look(): void {
    if (!isCluster(this.#commands)) return;
    this.#commands.refreshSlotsCache(() => this.#soon());
  }

  /** The connection for a slot; undefined where it is not known who has it. */
  #linkOf(slot: number): Link | undefined {
    if (!isCluster(this.#commands)) {
      return this.#links.get("") ?? this.#connect("", listenerOf(this.#commands, this.#behaviour));
    }
    const name = this.#commands.slots[slot]?.[0];
    if (name === undefined) return undefined;
    const link = this.#links.get(name);
    if (link !== undefined) return link;
    const node = this.#node(name);
    return node && this.#connect(name, nodeOf(this.#commands, node, this.#behaviour));
  }

  #node(name: string): Redis | undefined {
    if (!isCluster(this.#commands)) return undefined;
    return this.#commands
      .nodes("master")
      .find(({ options }) => `${options.host}:${options.port}` === name);
  }

  #isMaster(name: string): boolean {
    return this.#node(name) !== undefined;
  }

  #connect(name: string, redis: Redis): Link {
    const link: Link = { redis, confirmed: new Set() };
    this.#links.set(name, link);
    // ioredis tells of it by events of the same name, and the client of the commands has it too.
    redis.on("error", () => undefined);
    redis.on("ready", () => this.#soon());
    redis.on("moved", () => this.#look());
    redis.on("close", () => {
      link.confirmed.clear();
      for (const subscription of this.#subscriptions.values()) {
        if (subscription.link !== link) continue;
        subscription.link = undefined;
        this.#idle.add(subscription);
      }
    });
    redis.on("smessageBuffer", (key: Buffer, data: Buffer) => {
      this.#subscriptions.get(key.toString())?.listener.message(data);
    });
    return link;
  }
}
