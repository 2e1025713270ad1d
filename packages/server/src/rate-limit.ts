import { ANYBODY, type Principal } from "./access.js";

/** What one principal may use, and everybody together. */
export interface Quotas {
  readonly connections: number;
  readonly connectionsPerPrincipal: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Channels that one follows or writes to at a time, over all its connections. @default 2048 */
  readonly channelsPerPrincipal?: number;
}

/** Channels of one principal where nothing else is said. */
const MAX_CHANNELS_EACH = 2048;

/** Principals that nobody is connected as, of whom is remembered what they owe. */
const MAX_ABSENT = 10_000;

/**
 * A bucket that holds what is used in a second and fills at that rate. What is taken may exceed
 * what is left: that is owed, and nothing more is given until it is paid. Pure.
 */
export class TokenBucket {
  readonly #rate: number;
  #level: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#rate = perSecond;
    this.#level = perSecond;
  }

  /** Milliseconds until something is left; 0 where it is. */
  wait(now: number): number {
    this.#fill(now);
    return this.#level > 0 ? 0 : Math.max(1, Math.ceil((-this.#level / this.#rate) * 1000));
  }

  take(cost: number, now: number): void {
    this.#fill(now);
    this.#level -= cost;
  }

  isFull(now: number): boolean {
    this.#fill(now);
    return this.#level >= this.#rate;
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#at) / 1000;
    this.#level = Math.min(this.#rate, this.#level + elapsed * this.#rate);
    this.#at = Math.max(this.#at, now);
  }
}

/** Frames and bytes a second, of a principal or of a connection. */
export class Meter {
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  connections = 0;
  /** Channels that may be followed or written to, and those that are. */
  readonly maxChannels: number;
  channels = 0;

  constructor(quotas: Quotas) {
    const { framesPerSecond, bytesPerSecond, channelsPerPrincipal = MAX_CHANNELS_EACH } = quotas;
    this.maxChannels = channelsPerPrincipal;
    this.#frames = new TokenBucket(framesPerSecond);
    this.#bytes = new TokenBucket(bytesPerSecond);
  }

  /**
   * Takes note of frames that have come.
   *
   * @returns 0, or milliseconds to wait where they are too many: then they do not count
   */
  take(frames: number, bytes: number, now: number): number {
    const wait = Math.max(this.#frames.wait(now), this.#bytes.wait(now));
    if (wait > 0) return wait;
    this.#frames.take(frames, now);
    this.#bytes.take(bytes, now);
    return 0;
  }

  isUnused(now: number): boolean {
    return this.connections === 0 && this.#frames.isFull(now) && this.#bytes.isFull(now);
  }
}

/** What everybody uses. Time is handed in. */
export class RateLimits {
  readonly #quotas: Quotas;
  readonly #present = new Map<string, Meter>();
  /** Of those who are not connected, while they have something to pay; the oldest first. */
  readonly #absent = new Map<string, Meter>();
  #connections = 0;

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  /** Principals that are remembered. */
  get size(): number {
    return this.#present.size + this.#absent.size;
  }

  /** Counts a connection, whoever it is; false where there is no room for it. */
  connect(): boolean {
    if (this.#connections >= this.#quotas.connections) return false;
    this.#connections += 1;
    return true;
  }

  disconnect(): void {
    this.#connections -= 1;
  }

  /**
   * Counts a connection of somebody; undefined where that one has too many. Anybody is nobody in
   * particular: each of its connections has a meter of its own.
   */
  enter(principal: Principal): Meter | undefined {
    if (principal === ANYBODY) return new Meter(this.#quotas);
    const meter = this.#find(principal);
    if (meter.connections >= this.#quotas.connectionsPerPrincipal) return undefined;
    meter.connections += 1;
    this.#absent.delete(principal.id);
    this.#present.set(principal.id, meter);
    return meter;
  }

  /** A connection of somebody has ended. What is owed stays owed. */
  leave(principal: Principal, meter: Meter, now: number): void {
    meter.connections -= 1;
    if (meter.connections > 0 || this.#present.get(principal.id) !== meter) return;
    this.#present.delete(principal.id);
    this.#remember(principal, meter, now);
  }

  #find({ id }: Principal): Meter {
    return this.#present.get(id) ?? this.#absent.get(id) ?? new Meter(this.#quotas);
  }

  #remember({ id }: Principal, meter: Meter, now: number): void {
    this.#absent.delete(id);
    if (meter.isUnused(now)) return;
    this.#absent.set(id, meter);
    const [oldest] = this.#absent.keys();
    if (this.#absent.size > MAX_ABSENT && oldest !== undefined) this.#absent.delete(oldest);
  }
}
