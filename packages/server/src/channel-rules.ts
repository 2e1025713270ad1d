import { checkRetention, type RetentionBounds } from "./engine/retention.js";
import type { ServerChannel } from "./server-channel.js";

/** Rules that a server has at most: each new channel is compared with them in turn. */
const MAX_RULES = 256;

/** Milliseconds. */
const KEEP = 30_000;
const TIMEOUT = 30_000;
const LINGER = 5000;

const MAX_KEPT = 1000;
const MAX_KEPT_BYTES = 64 << 20;
const MAX_LOADS = 1000;

/** What a {@link Loader} is told beside the channel. */
export interface LoadContext {
  /** Aborted when nobody reads the channel any more, and when its time is up: hand it to queries. */
  readonly signal: AbortSignal;
  /** What each `*` of the pattern stands for in the channel's name, in order. */
  readonly params: readonly string[];
}

/**
 * Writes a channel that is made on demand, for everybody who reads it. Once it returns, or resolves,
 * what is open completes, and the channel is closed. What it throws closes the channel as failed: a
 * DeltawireError with its code and message, anything else as `internal`, and is reported.
 */
export type Loader = (channel: ServerChannel, context: LoadContext) => unknown;

/** What the channels of one rule may take together; what is past it is let go, or refused. */
export interface DemandBounds {
  /** Channels that are made and still in memory; the one that nobody used for longest goes first. @default 1,000 */
  readonly channels?: number;
  /** About the bytes of those. @default 67,108,864 */
  readonly bytes?: number;
  /** Loaders that run at a time: who asks for one more is told `overloaded`. @default 1,000 */
  readonly loads?: number;
}

/** What holds for the channels of a pattern. */
export interface ChannelRule {
  /** Makes the channel when somebody begins to read it. @default channels are what is written to them */
  readonly load?: Loader;
  /** Milliseconds that a made channel is there for later readers. @default 30,000; 0 for not at all */
  readonly keep?: number;
  /** Milliseconds that a loader has. @default 30,000 */
  readonly timeout?: number;
  /** Milliseconds without a reader after which a loader is aborted. @default 5,000 */
  readonly linger?: number;
  readonly bounds?: DemandBounds;
  /**
   * What such a channel keeps of messages that have ended, until it is closed itself.
   *
   * @default that of `data`, or everything
   */
  readonly retention?: RetentionBounds;
}

/** A rule whose channels are made on demand, with everything that it leaves out. */
export interface DemandRule {
  readonly load: Loader;
  readonly keep: number;
  readonly timeout: number;
  readonly linger: number;
  readonly bounds: Required<DemandBounds>;
  readonly retention: RetentionBounds | undefined;
}

/** The rule of a name. */
export interface RuleMatch {
  /** There where the channel is made on demand. */
  readonly demand: DemandRule | undefined;
  readonly retention: RetentionBounds | undefined;
  /** See {@link LoadContext.params}. */
  readonly params: readonly string[];
}

interface Entry extends Omit<RuleMatch, "params"> {
  /** What is literal: before, between and after the stars. */
  readonly literals: readonly string[];
}

/** Which rule holds for a channel: the first one, in the order of the object, whose pattern fits. */
export class ChannelRules {
  readonly #entries: readonly Entry[];

  /** @throws RangeError where there are too many, or a number of one is out of its range */
  constructor(rules: Readonly<Record<string, ChannelRule>> = {}) {
    const patterns = Object.entries(rules);
    if (patterns.length > MAX_RULES) {
      throw new RangeError(`channels has ${MAX_RULES} patterns at most`);
    }
    this.#entries = patterns.map(([pattern, rule]) => ({
      literals: pattern.split("*"),
      demand: demandOf(pattern, rule),
      retention: rule.retention,
    }));
  }

  /** The rule of a channel's name; undefined where none fits. */
  match(name: string): RuleMatch | undefined {
    for (const { literals, demand, retention } of this.#entries) {
      const params = starsOf(literals, name);
      if (params) return { demand, retention, params };
    }
    return undefined;
  }
}

function demandOf(pattern: string, rule: ChannelRule): DemandRule | undefined {
  const { load, keep = KEEP, timeout = TIMEOUT, linger = LINGER, retention } = rule;
  const { channels = MAX_KEPT, bytes = MAX_KEPT_BYTES, loads = MAX_LOADS } = rule.bounds ?? {};
  for (const [name, value] of Object.entries({ keep, linger })) {
    if (!(value >= 0)) throw new RangeError(`channels["${pattern}"].${name} is 0 or greater`);
  }
  checkRetention(retention, `channels["${pattern}"].retention`);
  for (const [name, value] of Object.entries({ timeout, channels, bytes, loads })) {
    if (!(value > 0)) throw new RangeError(`channels["${pattern}"]: ${name} is greater than 0`);
  }
  const bounds = { channels, bytes, loads };
  return load && { load, keep, timeout, linger, bounds, retention };
}

/**
 * What the stars between literals stand for; undefined where the name does not fit. Each star but
 * the last takes as little as it can, which finds a fit where there is one: names are anybody's, so
 * nothing is tried twice.
 */
function starsOf(literals: readonly string[], name: string): readonly string[] | undefined {
  const [first = "", ...others] = literals;
  const last = others.pop();
  if (last === undefined) return name === first ? [] : undefined;
  const end = name.length - last.length;
  let at = first.length;
  if (at > end || !name.startsWith(first) || !name.endsWith(last)) return undefined;
  const stars: string[] = [];
  for (const literal of others) {
    const next = name.indexOf(literal, at);
    if (next < 0 || next + literal.length > end) return undefined;
    stars.push(name.slice(at, next));
    at = next + literal.length;
  }
  return [...stars, name.slice(at, end)];
}
