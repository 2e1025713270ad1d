import { randomUUID } from "node:crypto";
import type {
  Log,
  LogAnswer,
  LogContents,
  LogLease,
  LogLiving,
  LogNews,
  LogPosition,
  LogRecord,
} from "../log.js";
import { MemoryChannel } from "./memory-channel.js";
import { MemoryFaults, type MemoryTravel } from "./memory-faults.js";

/** How one server reaches a {@link MemoryLog}. */
export interface MemoryLogView extends MemoryTravel {
  /** Takes news to this server, whenever and as often as it runs what it is given. @default at once */
  readonly deliver?: (tell: () => void) => void;
}

/** What a {@link MemoryLog} is made with. */
export interface MemoryLogOptions extends MemoryLogView {
  /** The log's clock, milliseconds since 1970. @default this machine's */
  readonly now?: () => number;
}

/** Orphans that are named at once. */
const MOST_ORPHANS = 256;

interface Lease {
  readonly until: number;
  readonly channels: Set<string>;
}

interface Follower {
  readonly of: MemoryLog;
  readonly channel: string;
  tell(news: LogNews): void;
}

/** What all views of a log have in common. */
class MemoryLogData {
  readonly channels = new Map<string, MemoryChannel>();
  readonly leases = new Map<string, Lease>();
  readonly unfinished = new Set<string>();
  readonly followers = new Set<Follower>();
  readonly now: () => number;
  incarnation = randomUUID();

  constructor(now: () => number) {
    this.now = now;
  }

  tell(channel: string, news: LogNews): void {
    for (const follower of [...this.followers]) {
      if (follower.channel === channel) follower.tell(news);
    }
  }
}

/**
 * A log that ends with its process: the simplest that keeps the contract, for tests, and for who
 * writes an adapter to read. What can go wrong with a log can be made to.
 */
export class MemoryLog implements Log {
  readonly durability = "shared";
  /** What goes wrong between this view's server and the log. */
  readonly faults: MemoryFaults;
  readonly #data: MemoryLogData;
  readonly #deliver: (tell: () => void) => void;
  /** The server that gives its signs of life here. */
  #server = "";

  /** @param of the log that it is another view of. @default a new one */
  constructor(options: MemoryLogOptions = {}, of?: MemoryLog) {
    const { now = () => Date.now(), deliver = queueMicrotask } = options;
    this.#data = of ? of.#data : new MemoryLogData(now);
    this.#deliver = deliver;
    this.faults = new MemoryFaults(options, () => this.#recovered());
  }

  /** The same log as another server reaches it. */
  view(options: MemoryLogView = {}): MemoryLog {
    return new MemoryLog(options, this);
  }

  renew({ server, duration, channels }: LogLease): Promise<LogLiving> {
    const { leases, unfinished, now: clock } = this.#data;
    return this.faults.run("renew", () => {
      const now = clock();
      leases.set(server, { until: now + duration, channels: new Set(channels) });
      this.#server = server;
      for (const [name, { until }] of leases) {
        if (until <= now) leases.delete(name);
      }
      const kept = new Set([...leases.values()].flatMap((lease) => [...lease.channels]));
      const orphans = [...unfinished].filter((channel) => !kept.has(channel));
      const { incarnation } = this.#data;
      const servers = [...leases.keys()];
      return { now, incarnation, servers, orphans: orphans.slice(0, MOST_ORPHANS) };
    });
  }

  append(
    channel: string,
    after: LogPosition,
    record: LogRecord,
    unfinished: boolean,
  ): Promise<LogAnswer> {
    return this.faults.run("append", () => {
      const held = this.#data.channels.get(channel) ?? new MemoryChannel();
      const { index, tag } = held.end;
      if (index !== after.index || tag !== after.tag) {
        return { type: "conflict", contents: held.contents(after) };
      }
      held.add(record);
      this.#data.channels.set(channel, held);
      this.#finish(channel, !unfinished);
      this.#data.tell(channel, { type: "record", record, before: tag });
      return { type: "appended" };
    });
  }

  #finish(channel: string, isFinished: boolean): void {
    const { unfinished, leases } = this.#data;
    if (isFinished) unfinished.delete(channel);
    if (isFinished || unfinished.has(channel)) return;
    unfinished.add(channel);
    // Who opens work sees to it: others would take it for an orphan until its next sign of life.
    leases.get(this.#server)?.channels.add(channel);
  }

  read(channel: string, after?: LogPosition): Promise<LogContents> {
    return this.faults.run("read", () => {
      const held = this.#data.channels.get(channel);
      return held ? held.contents(after) : { continues: false, records: [] };
    });
  }

  compact(channel: string, snapshot: LogRecord, keep: number): Promise<void> {
    return this.faults.run("compact", () => {
      this.#data.channels.get(channel)?.compact(snapshot, keep);
    });
  }

  follow(channel: string, tell: (news: LogNews) => void): () => void {
    let isFollowing = true;
    const { followers } = this.#data;
    const follower: Follower = {
      of: this,
      channel,
      tell: (news) => {
        if (this.faults.isDown) return;
        this.#deliver(() => {
          if (isFollowing) tell(news);
        });
      },
    };
    followers.add(follower);
    return () => {
      isFollowing = false;
      followers.delete(follower);
    };
  }

  /** What was told meanwhile was lost. */
  #recovered(): void {
    for (const follower of [...this.#data.followers]) {
      if (follower.of === this) follower.tell({ type: "doubt" });
    }
  }

  delete(channel: string): Promise<void> {
    return this.faults.run("delete", () => {
      this.#data.channels.delete(channel);
      this.#data.unfinished.delete(channel);
      this.#data.tell(channel, { type: "deleted" });
    });
  }

  /**
   * A copy has taken over that has not seen a channel's last records: at most those after its
   * snapshot.
   */
  lose(channel: string, records: number): void {
    const held = this.#data.channels.get(channel);
    held?.lose(records);
    if (held?.isEmpty) this.#data.channels.delete(channel);
    this.#data.tell(channel, { type: "doubt" });
  }

  /** It has started again empty. */
  clear(): void {
    const { channels, leases, unfinished } = this.#data;
    for (const part of [channels, leases, unfinished]) part.clear();
    this.#data.incarnation = randomUUID();
    for (const { channel } of [...this.#data.followers]) {
      this.#data.tell(channel, { type: "doubt" });
    }
  }
}
