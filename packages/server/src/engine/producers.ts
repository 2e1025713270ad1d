import { DeltawireError, type Refusal } from "@deltawire/spec";
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
}

/** A producer's latest attachment, and how far its changes are in the log. */
export interface Producer {
  readonly token: number;
  readonly seq: number;
  readonly instance: string | undefined;
  /** What was refused lately, with the version of the frame. */
  readonly refused: readonly Refused[];
  /** Messages that this program run has stated in an older generation. */
  readonly stale: ReadonlySet<string>;
}

/** One of them, in its place. */
interface Known extends Producer {
  seq: number;
  refused: readonly Refused[];
  stale: ReadonlySet<string>;
}

interface Refused extends Refusal {
  readonly seq: number;
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

  get(producer: string): Producer | undefined {
    return this.#known.get(producer);
  }

  /** @throws DeltawireError `fenced` where another program run has attached meanwhile */
  attach(producer: string, { instance, token, seq: acknowledged }: Claim): Producer {
    const known = this.#known.get(producer);
    const isSame = instance !== undefined && known?.instance === instance;
    // A token says no more than that by itself: before a log was lost it may have been another's.
    const isCurrent = instance === undefined && token === known?.token;
    if (known && token !== undefined && !isSame && !isCurrent) {
      throw this.fenced(producer);
    }
    this.#token += 1;
    const refused = known?.refused.filter(({ seq }) => seq > (acknowledged ?? known.seq)) ?? [];
    const stale = isSame ? known.stale : new Set<string>();
    const attached: Known = {
      token: this.#token,
      seq: known?.seq ?? 0,
      instance,
      refused,
      stale,
    };
    this.#latest = producer;
    remember(this.#known, producer, attached, MAX_PRODUCERS);
    return attached;
  }

  /** The log holds a producer's changes up to a version of its own, but for what it has refused. */
  heard(
    producer: string,
    seq: number,
    stale: ReadonlySet<string>,
    refusals: readonly Refusal[],
  ): void {
    const known = this.#known.get(producer);
    if (!known) return;
    known.seq = seq;
    known.stale = stale;
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
