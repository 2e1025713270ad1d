import type { Filter } from "@deltawire/spec";
import type { PipeOptions } from "./pipe.js";
import type { Random } from "./random.js";

/** What can go wrong with connections and those at their ends. */
const CONNECTION_FAULTS = [
  "cut",
  "silence",
  "stall",
  "sleep",
  "server dies",
  "server closes",
  "client dies",
  "editor restarts",
  "second attachment",
] as const;

/** What can go wrong with a log and a store that servers share, and between them. */
export const LOG_FAULTS = [
  "log stops",
  "log is slow",
  "answers are lost",
  "news is lost",
  "server is cut off",
  "server stalls",
  "log fails over",
  "log is emptied",
  "store stops",
] as const;

export type LogFault = (typeof LOG_FAULTS)[number];

/** What can go wrong. */
export type Fault = (typeof CONNECTION_FAULTS)[number] | LogFault;

export const FAULTS: readonly Fault[] = [...CONNECTION_FAULTS, ...LOG_FAULTS];

/** Of so many runs one has servers that share a log. */
const SHARED = 0.4;

/** What a seed decides beforehand. */
export interface Scenario {
  readonly channels: readonly string[];
  /** Milliseconds in which programs act and things go wrong. */
  readonly duration: number;
  readonly editors: readonly EditorPlan[];
  readonly viewers: readonly ViewerPlan[];
  /** Throttle of a program in the server's own process that writes; undefined for none. */
  readonly local: number | undefined;
  readonly faults: readonly Fault[];
  /** Times at which something goes wrong. */
  readonly faultTimes: readonly number[];
  readonly network: PipeOptions;
  /** Whether texts begin with some ten thousand units. */
  readonly long: boolean;
  /** Whether editors write each other's messages. */
  readonly takesOver: boolean;
  /** Milliseconds after which a producer that is gone has left. */
  readonly lease: number;
  /** Whether viewers ask editors to do something. */
  readonly commands: boolean;
  /** Milliseconds that a token is good for; undefined where nobody needs one. */
  readonly tokens: number | undefined;
  /** Whether somebody ends a channel in the end. */
  readonly ends: boolean;
  /** By how much more a server thinks is waiting. */
  readonly scale: number;
  /** Servers that share a log; 0 for one that has everything in its memory. */
  readonly servers: number;
  /** Milliseconds between a server and the log. */
  readonly logLatency: number;
  /** Milliseconds without use after which a server gives a channel back to the log. */
  readonly idle: number;
  /** Messages that a channel keeps, of those that have ended; undefined for all. */
  readonly keeps: number | undefined;
}

export interface EditorPlan {
  readonly name: string;
  readonly channel: string;
  readonly codec: "json" | "msgpack";
  readonly throttle: number;
  readonly acts: readonly number[];
  /** Whether it reads its channel over the same connection. */
  readonly reads: boolean;
}

export interface ViewerPlan {
  readonly name: string;
  readonly channel: string;
  readonly codec: "json" | "msgpack";
  readonly joinsAt: number;
  readonly leavesAt: number | undefined;
  /** Whether it watches changes, too. */
  readonly feeds: boolean;
  /** Messages that it begins with; undefined for all. */
  readonly last: number | undefined;
  /** When it loads some of those before its first one. */
  readonly pages: readonly number[];
  /** When it does not read for a while. */
  readonly pauses: readonly number[];
  /** Which messages it wants; undefined for all. */
  readonly filter: Filter | undefined;
}

const WRITERS = ["editor0", "editor1", "editor2", "local1"];

/** By what does not change: a viewer may expect never to miss what it had. */
const ODD: Filter = {
  id: WRITERS.flatMap((name) => [1, 3, 5, 7, 9, 11, 13, 15].map((number) => `${name}-${number}`)),
};
const VIEWS: readonly Filter[] = [ODD, { not: ODD }, { any: [ODD, { role: "nobody" }] }];

/**
 * Faults are chosen for a whole run: what meets what is another thing in every one.
 *
 * @param allowed faults that may be among them
 */
export function scenario(random: Random, allowed: readonly Fault[] = FAULTS): Scenario {
  const channels = random.chance(0.25) ? ["one", "two"] : ["one"];
  const duration = random.int(20_000, 2000);
  const codec = (): "json" | "msgpack" => (random.chance(0.7) ? "msgpack" : "json");
  const times = (count: number) =>
    Array.from({ length: count }, () => random.int(duration)).sort((a, b) => a - b);
  const editors = Array.from({ length: random.int(4, 1) }, (_, i) => ({
    name: `editor${i}`,
    channel: random.pick(channels),
    codec: codec(),
    throttle: random.pick([0, 10, 100, 1000]),
    acts: bursts(random, times(random.int(40, 5))),
    reads: random.chance(0.3),
  }));
  const viewers = Array.from({ length: random.int(4, 1) }, (_, i) => {
    const joinsAt = random.chance(0.4) ? 0 : random.int(duration);
    return {
      name: `viewer${i}`,
      channel: random.pick(channels),
      codec: codec(),
      joinsAt,
      leavesAt: random.chance(0.15) ? random.int(duration, joinsAt) : undefined,
      feeds: random.chance(0.3),
      last: random.chance(0.3) ? random.int(4, 1) : undefined,
      pages: times(random.int(5)).filter((at) => at > joinsAt),
      pauses: random.chance(0.3) ? times(random.int(5)).filter((at) => at > joinsAt) : [],
      filter: random.chance(0.25) ? random.pick(VIEWS) : undefined,
    } as const;
  });
  const servers = random.chance(SHARED) ? random.int(4, 1) : 0;
  const possible = servers > 0 ? FAULTS : CONNECTION_FAULTS;
  const faults = random.chance(0.08)
    ? []
    : possible.filter((fault) => random.chance(0.35) && allowed.includes(fault));
  // What little of it waits would be too much at once.
  const long = random.chance(0.15);
  return {
    channels,
    duration,
    editors,
    viewers,
    local: random.chance(0.3) ? random.pick([0, 100]) : undefined,
    faults,
    faultTimes: faults.length > 0 ? times(random.int(9, 1)) : [],
    network: {
      latency: random.pick([1, 10, 50, 300]),
      jitter: random.pick([0, 5, 100]),
      window: random.pick([50, 100, 400, 4000]),
    },
    long,
    takesOver: random.chance(0.35),
    lease: random.pick([1000, 15_000]),
    commands: random.chance(0.3),
    ends: random.chance(0.3),
    tokens: random.chance(0.25) ? random.pick([10_000, 60_000]) : undefined,
    scale: long ? 1 : random.pick([1, 16, 64]),
    servers,
    idle: random.pick([3000, 60_000]),
    logLatency: random.pick([0.2, 2, 20, 100]),
    keeps: random.chance(0.2) ? random.int(8, 2) : undefined,
  };
}

/** Some things are done at once, or shortly after each other. */
function bursts(random: Random, times: readonly number[]): number[] {
  return times.flatMap((time) => {
    const count = random.chance(0.3) ? random.int(8, 2) : 1;
    const gap = random.pick([0, 0, 1, 30]);
    return Array.from({ length: count }, (_, i) => time + i * gap);
  });
}
