import { DeltawireError, type Refusal } from "@deltawire/spec";
import type { ProducerRow, RefusedRow } from "./entry.js";
import { remember } from "./memory.js";

/** Producers that a channel remembers, and refusals of each. */
const MAX_PRODUCERS = 1024;
const MAX_REFUSED = 256;

/** What a producer says of itself when it attaches. */
export interface Claim {
  /** The program run that its id is used by. */
  readonly instance?: string | undefined;
  /** The token of that run's last attachment, where it comes back. */
  readonly token?: number | undefined;
  /** The last of its versions that it knows to be acknowledged, where it comes back. */
  readonly seq?: number | undefined;
  /** The server that it attaches at, where there are several. */
  readonly server?: string | undefined;
}

/** A producer's latest attachment, and how far its changes are in the log. */
export interface Producer {
  readonly token: number;
  readonly seq: number;
  readonly instance: string | undefined;
  /** The server that it is attached at, where there are several. */
  readonly server: string | undefined;
  /** What was refused lately, with the version of the frame. */
  readonly refused: readonly RefusedRow[];
  /** Messages that this program run has stated in an older generation. */
  readonly stale: ReadonlySet<string>;
}

/** One of them, in its place. */
interface Known extends Producer {
  seq: number;
  server: string | undefined;
  refused: readonly RefusedRow[];
  stale: ReadonlySet<string>;
}

/**
 * Who writes to a channel. Pure.
 *
 * 1. Every attachment has a greater token than all before it.
 * 2. Of two attachments of one producer the later one counts. A program run that comes back after
 *    another one has attached does not take over again.
 * 3. Producers are remembered up to a bound; the one longest unheard of goes first.
 */
export class Producers {
  readonly #channel: string;
  readonly #known = new Map<string, Known>();
  /** The one last heard of. */
  #latest: string | undefined;
  #token = 0;

  constructor(channel: string) {
    this.#channel = channel;
  }

  static restore(channel: string, token: number, rows: readonly ProducerRow[]): Producers {
    const producers = new Producers(channel);
    for (const row of rows) producers.put(row);
    producers.#token = token;
    return producers;
  }

  /** One that goes its own way from here. */
  fork(): Producers {
    const fork = new Producers(this.#channel);
    for (const [id, known] of this.#known) fork.#known.set(id, { ...known });
    fork.#latest = this.#latest;
    fork.#token = this.#token;
    return fork;
  }

  /** The one longest unheard of first. */
  rows(): ProducerRow[] {
    return [...this.#known].map(([id, known]) => rowOf(id, known));
  }

  /** Forgets everybody. @param token the greatest one that was ever given: it is not given again */
  clear(token: number): void {
    this.#known.clear();
    this.#latest = undefined;
    this.#token = token;
  }

  /** The greatest token that was given. */
  get token(): number {
    return this.#token;
  }

  get(producer: string): Producer | undefined {
    return this.#known.get(producer);
  }

  /** Those who are attached at servers, by the servers' ids. */
  *attached(): Iterable<readonly [producer: string, server: string]> {
    for (const [id, { server }] of this.#known) if (server !== undefined) yield [id, server];
  }

  /**
   * What a producer is once it has attached; {@link put} makes it so.
   *
   * @throws DeltawireError `fenced` where another program run has attached meanwhile
   */
  attaching(producer: string, { instance, token, seq, server }: Claim): ProducerRow {
    const known = this.#known.get(producer);
    const isSame = instance !== undefined && known?.instance === instance;
    // A token says no more than that by itself: before a log was lost it may have been another's.
    const isCurrent = instance === undefined && token === known?.token;
    if (known && token !== undefined && !isSame && !isCurrent) {
      throw this.fenced(producer);
    }
    return rowOf(producer, {
      token: this.#token + 1,
      seq: known?.seq ?? 0,
      instance,
      server,
      refused: known?.refused.filter((refused) => refused.seq > (seq ?? known.seq)) ?? [],
      stale: isSame ? known.stale : new Set(),
    });
  }

  /** A producer has attached. */
  put({ id, token, seq, instance, server, refused, stale }: ProducerRow): void {
    this.#token = Math.max(this.#token, token);
    this.#latest = id;
    const known: Known = { token, seq, instance, server, refused, stale: new Set(stale) };
    remember(this.#known, id, known, MAX_PRODUCERS);
  }

  /** A producer is attached at another server, or at none. */
  move(producer: string, server: string | undefined): void {
    const known = this.#known.get(producer);
    if (known) known.server = server;
  }

  /**
   * The log holds a producer's changes up to a version of its own, but for what it has refused.
   *
   * @param stale see {@link Producer}; default: as before
   */
  heard(
    producer: string,
    seq: number,
    stale: ReadonlySet<string> | undefined,
    refusals: readonly Refusal[],
  ): void {
    const known = this.#known.get(producer);
    if (!known) return;
    known.seq = seq;
    if (stale) known.stale = stale;
    if (refusals.length > 0) {
      const news = refusals.map((refusal) => ({ ...refusal, seq }));
      known.refused = [...known.refused, ...news].slice(-MAX_REFUSED);
    }
    if (producer === this.#latest) return;
    this.#latest = producer;
    remember(this.#known, producer, known, MAX_PRODUCERS);
  }

  /** The error of an attachment after which another one came. */
  fenced(producer: string): DeltawireError {
    return fenced(this.#channel, producer);
  }
}

/** The error of an attachment after which another one came. */
export function fenced(channel: string, producer: string): DeltawireError {
  return new DeltawireError("fenced", `producer ${producer} has attached anew`, { channel });
}

function rowOf(id: string, known: Producer): ProducerRow {
  const { token, seq, instance, server, refused, stale } = known;
  return {
    id,
    token,
    seq,
    ...(instance !== undefined && { instance }),
    ...(server !== undefined && { server }),
    refused,
    stale: [...stale],
  };
}
