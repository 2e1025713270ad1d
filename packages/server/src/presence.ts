import type { Clock } from "@deltawire/encoder";
import type { Log } from "./log.js";
import { Retries } from "./retries.js";

/** Milliseconds that a server's sign of life counts; it is given three times as often. */
const LEASE = 5000;
const RENEWAL = LEASE / 3;

/** What a {@link Presence} needs of its server. */
export interface PresenceHost {
  readonly clock: Clock;
  readonly log: Log;
  /** This server's id, unlike any other's. */
  readonly server: string;
  /** The channels with unfinished work that this server sees to. */
  kept(): readonly string[];
  /** Channels with unfinished work that nobody sees to. */
  orphaned(channels: readonly string[]): void;
  /** Who lives is known anew. */
  renewed(): void;
  /** The log could not be asked, or can again. */
  reached(error: unknown): void;
}

/**
 * That this server lives, for all servers that share its log; and which of them live, what time it
 * is for them all, and whether their log is the one that it was.
 */
export class Presence {
  readonly server: string;
  readonly #host: PresenceHost;
  #alive: ReadonlySet<string> = new Set();
  #offset = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #incarnation: string | undefined;
  #cancelTimer: (() => void) | undefined;
  #first: Promise<void> | undefined;
  #isClosed = false;
  readonly #retries: Retries;

  constructor(host: PresenceHost) {
    this.#host = host;
    this.#retries = new Retries(host.clock, (error) => host.reached(error));
    this.server = host.server;
  }

  /** Resolves once the log was heard of. */
  ready(): Promise<void> {
    this.#first ??= this.#begin();
    return this.#first;
  }

  /** Milliseconds since 1970, by the log's clock as far as this server can tell. */
  get now(): number {
    return this.#host.clock.now() + this.#offset;
  }

  /** What the log has kept since it was last empty, by name. */
  get incarnation(): string | undefined {
    return this.#incarnation;
  }

  /** Whether a server lives, as far as is known: who has not heard of the log for long does not know. */
  isAlive(server: string): boolean {
    const isKnown = this.#host.clock.now() - this.#renewedAt < LEASE;
    return server === this.server || !isKnown || this.#alive.has(server);
  }

  /** Asks the log now. @throws what the log throws, by rejection */
  async renew(): Promise<void> {
    const { clock, log, kept, orphaned, renewed, reached } = this.#host;
    const { server } = this;
    const askedAt = clock.now();
    const living = await log.renew({ server, duration: LEASE, channels: kept() });
    this.#offset = living.now - (askedAt + clock.now()) / 2;
    this.#alive = new Set(living.servers);
    this.#renewedAt = askedAt;
    this.#incarnation = living.incarnation;
    reached(undefined);
    renewed();
    if (living.orphans.length > 0) orphaned(living.orphans);
  }

  async #begin(): Promise<void> {
    await this.#retries.run(() => this.renew());
    this.#again(RENEWAL);
  }

  #again(wait: number): void {
    this.#cancelTimer = this.#host.clock.after(wait, () => {
      if (this.#isClosed) return;
      this.renew().then(
        () => this.#again(RENEWAL),
        (error) => {
          this.#host.reached(error);
          this.#again(RENEWAL / 4);
        },
      );
    });
  }

  /** Leaves: others see to this server's channels at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retries.close();
    this.#cancelTimer?.();
    if (!this.#first) return;
    const { server } = this;
    await this.#host.log.renew({ server, duration: 0, channels: [] }).catch(() => undefined);
  }
}
