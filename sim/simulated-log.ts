import type { Log, LogNews, Store, StoredChannel } from "@deltawire/server";
import { MemoryLog, MemoryStore } from "@deltawire/server/testing";
import type { Random } from "./random.js";
import type { Process, World } from "./world.js";

/** When the simulation begins, by the log's clock. */
const START = Date.UTC(2026, 0, 1);

/** Milliseconds after which a log is looked at whose latest news may have been lost. */
const LOOK = 5000;

/** A server that follows a channel. */
interface Follower {
  readonly server: Process;
  readonly channel: string;
  readonly tell: (news: LogNews) => void;
  /** The place of the record that it was told of last. */
  told: number;
}

/** The log and the store that servers share, and what goes wrong between them and each server. */
export class SimulatedLog {
  readonly #world: World;
  readonly #random: Random;
  readonly #latency: number;
  readonly #log: MemoryLog;
  readonly #store: MemoryStore = new MemoryStore();
  readonly #views = new Map<Process, { readonly log: MemoryLog; readonly store: MemoryStore }>();
  /** By the tag of the record. */
  readonly #appending = new Map<string, Process>();
  #ids = 0;
  /** Places of the channels' last records. */
  readonly #ends = new Map<string, number>();
  /** How much slower than usual it is. */
  slowness = 1;
  readonly #followers = new Set<Follower>();
  #losesNews = false;
  /** Called once with the server whose record the log has just got, before the answer arrives. */
  appended: ((server: Process) => void) | undefined;

  /** @param latency milliseconds between a server and the log */
  constructor(world: World, random: Random, latency: number, channels: readonly string[]) {
    this.#world = world;
    this.#random = random;
    this.#latency = latency;
    this.#log = new MemoryLog({ now: () => START + world.now, deliver: (tell) => tell() });
    for (const channel of channels) {
      this.#log.follow(channel, (news) => {
        if (news.type !== "record") return;
        this.#ends.set(channel, news.record.index);
        this.#onAppended(news.record.tag);
      });
    }
  }

  /** Whether news is lost, late and repeated. */
  get losesNews(): boolean {
    return this.#losesNews;
  }

  set losesNews(losesNews: boolean) {
    const isOver = this.#losesNews && !losesNews;
    this.#losesNews = losesNews;
    if (isOver) this.#world.at(this.#world.now + LOOK, undefined, () => this.#lookForLost());
  }

  /** No news follows the latest by which its loss could be seen: for that a log looks now and then. */
  #lookForLost(): void {
    for (const { server, channel, told, tell } of this.#followers) {
      if (told === (this.#ends.get(channel) ?? 0)) continue;
      this.#deliver(server, () => tell({ type: "doubt" }));
    }
  }

  #onAppended(tag: string): void {
    const server = this.#appending.get(tag);
    this.#appending.delete(tag);
    const { appended } = this;
    if (!appended || !server || server.isDead) return;
    this.appended = undefined;
    appended(server);
  }

  /** An id that is unlike any other's. */
  id(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  random(): number {
    return this.#random.next();
  }

  /**
   * The log and the store as a server reaches them.
   *
   * @param left called when it does not follow a channel any more
   */
  view(
    server: Process,
    left: (channel: string) => void,
  ): { readonly log: Log; readonly store: Store } {
    const travel = () =>
      new Promise<void>((resolve) => {
        server.clock.after(this.#latency * this.slowness * (1 + this.#random.next()), resolve);
      });
    const log = this.#log.view({ travel, deliver: (tell) => this.#deliver(server, tell) });
    const store = this.#store.view({ travel });
    this.#views.set(server, { log, store });
    const appending = this.#appending;
    const followers = this.#followers;
    const watched: Log = {
      durability: "shared",
      renew: (lease) => log.renew(lease),
      append(channel, after, record, unfinished) {
        appending.set(record.tag, server);
        return log.append(channel, after, record, unfinished);
      },
      read: (channel, after) => log.read(channel, after),
      compact: (channel, snapshot, keep) => log.compact(channel, snapshot, keep),
      follow(channel, tell) {
        const follower: Follower = { server, channel, tell, told: 0 };
        followers.add(follower);
        const stop = log.follow(channel, (news) => {
          if (news.type === "record") follower.told = news.record.index;
          tell(news);
        });
        return () => {
          followers.delete(follower);
          stop();
          left(channel);
        };
      },
      delete: (channel) => log.delete(channel),
    };
    return { log: watched, store };
  }

  #deliver(server: Process, tell: () => void): void {
    const random = this.#random;
    const isBad = this.losesNews;
    if (isBad && random.chance(0.4)) return;
    const times = isBad && random.chance(0.3) ? 2 : 1;
    for (let i = 0; i < times; i += 1) {
      const late = isBad && random.chance(0.3) ? random.int(3000) : 0;
      const delay = this.#latency * this.slowness * (1 + random.next()) + late;
      this.#world.at(this.#world.now + delay, server, tell);
    }
  }

  /** The faults of a server, or of all of them. */
  faults(
    server?: Process,
  ): { readonly log: MemoryLog["faults"]; readonly store: MemoryStore["faults"] }[] {
    const views = server ? [this.#views.get(server)] : [...this.#views.values()];
    return views.flatMap((view) =>
      view ? [{ log: view.log.faults, store: view.store.faults }] : [],
    );
  }

  /** A copy takes over that has not seen the last records. */
  failOver(channel: string, records: number): void {
    const end = this.#ends.get(channel) ?? 0;
    const lost = Math.min(records, end - 1); // where nothing is left it was deleted
    if (lost <= 0) return;
    this.#ends.set(channel, end - lost);
    this.#log.lose(channel, lost);
  }

  /** It starts again with nothing in it. */
  empty(): void {
    this.#ends.clear();
    this.#log.clear();
  }

  /** What the store holds of a channel, to look at. */
  stored(channel: string): Promise<StoredChannel | undefined> {
    return this.#store.load(channel);
  }
}
