import { markdownRows } from "../report/table.js";
import type { Results } from "../results.js";

/** How people watch. */
interface Audience {
  readonly viewers: number;
  /** Viewers of each channel. */
  readonly together: number;
}

/** The audiences that docs/scaling.md is about. */
const AUDIENCES: readonly Audience[] = [1000, 100_000, 10_000_000].flatMap((viewers) =>
  [1, 100].map((together) => ({ viewers, together })),
);

/** The share of channels in which a text grows at any moment. */
const STREAMING = 0.1;

/** Frames a second of such a channel: the throttle is 100 ms. */
const FRAMES = 10;

/** The share of a processor, and of a network, that is planned with: the rest is for the worst minute. */
const USED = 0.5;

/** Bytes of memory of a server's process that are planned with. */
const SERVER_MEMORY = 2e9;

/** Bytes of TCP, IP and Ethernet around a message. */
const HEADERS = 66;

/** Seconds between two looks whether news of a quiet channel was lost. */
const LOOK = 5;

/** What an audience needs. */
interface Needs extends Audience {
  /** Records a second. */
  readonly records: number;
  /** Server processes of one core each, where viewers of a channel are on any of them. */
  readonly spread: number;
  /** The same where all viewers of a channel are on one. */
  readonly routed: number;
  /** Redis masters of one core each. */
  readonly masters: number;
  /** Bytes that Redis holds beyond the content of the channels. */
  readonly redisMemory: number;
  /** Bytes a second that PostgreSQL writes to its log, where it is the store. */
  readonly written: number;
  /** Bits a second from servers to viewers. */
  readonly network: number;
}

/** What results say of one viewer, one record and one channel; undefined where any is missing. */
function measuredBy({ scaling, fanout, idle, wire, database }: Results) {
  const delivery = fanout?.["1000"]?.deltawire?.cpuPerMessage;
  const viewer = idle?.deltawire?.resident;
  const chat = wire?.["chat-20"]?.deltawire?.bytes;
  const turn = database?.deltawire?.bytes;
  const cost = (name: string) => scaling?.costs[name]?.value;
  const [channel, held] = [cost("channel-redis"), cost("channel")];
  const [here, there, record] = [cost("frameHere"), cost("frameThere"), cost("frameRedis")];
  const [lookServer, lookRedis] = [cost("lookServer"), cost("lookRedis")];
  const found = {
    ...{ record, here, there, delivery, viewer, chat, turn, channel, held, lookServer, lookRedis },
  };
  return Object.values(found).includes(undefined)
    ? undefined
    : (found as { readonly [Name in keyof typeof found]: number }); // none is undefined
}

type Costs = NonNullable<ReturnType<typeof measuredBy>>;

/** Server processes, where each channel is loaded on so many besides its producer's. */
function serversFor({ viewers, together }: Audience, of: Costs, copies: number): number {
  const channels = viewers / together;
  const records = channels * STREAMING * FRAMES;
  const deliveries = viewers * STREAMING * FRAMES;
  const looks = (channels * (1 + copies)) / LOOK;
  const perRecord = of.here + copies * of.there;
  const cpu = records * perRecord + deliveries * of.delivery + looks * of.lookServer;
  const memory = viewers * of.viewer + channels * (1 + copies) * of.channel;
  return Math.max(1, Math.ceil(Math.max(cpu / (USED * 1e6), memory / SERVER_MEMORY)));
}

/** How many it comes to where viewers go to any server: the more there are, the more copies. */
function serversAtRandom(audience: Audience, of: Costs): number {
  let servers = 1;
  for (;;) {
    const needed = serversFor(audience, of, Math.min(audience.together, servers));
    if (needed <= servers) return servers;
    servers = needed;
  }
}

/** What each audience needs, by what was measured; nothing where something was not. */
export function needs(results: Results): readonly Needs[] {
  const of = measuredBy(results);
  if (!of) return [];
  return AUDIENCES.map((audience) => {
    const { viewers, together } = audience;
    const channels = viewers / together;
    const records = channels * STREAMING * FRAMES;
    const spread = serversAtRandom(audience, of);
    const looks = (channels * (1 + Math.min(together, spread))) / LOOK;
    const redisCpu = records * of.record + looks * of.lookRedis;
    return {
      ...audience,
      records,
      spread,
      routed: serversFor(audience, of, 1),
      masters: Math.max(1, Math.ceil(redisCpu / (USED * 1e6))),
      redisMemory: channels * of.held,
      // A turn takes 10 s.
      written: (channels * STREAMING * of.turn) / 10,
      // A reply of 1,000 tokens at 20 a second takes 50 s.
      network: 8 * viewers * STREAMING * (of.chat / 50 + FRAMES * HEADERS),
    };
  });
}

const round = (value: number): string =>
  value < 10
    ? String(Number(value.toPrecision(1)))
    : Number(value.toPrecision(2)).toLocaleString("en");

const short = (value: number, unit: string): string => {
  const found = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ].find(([size]) => value >= Number(size)) ?? [1, ""];
  return `${round(value / Number(found[0]))} ${found[1]}${unit}`;
};

/** The table of docs/scaling.md. */
export function needsTable(results: Results): string {
  const rows = needs(results).map((one) => [
    one.viewers.toLocaleString("en"),
    one.together.toLocaleString("en"),
    round(one.records),
    round(one.spread),
    round(one.routed),
    round(one.masters),
    short(one.redisMemory, "B"),
    short(one.written, "B/s"),
    short(one.network, "bit/s"),
  ]);
  const head = [
    "viewers",
    "on a channel",
    "records a second",
    "server cores",
    "the same, routed by channel",
    "Redis masters",
    "Redis memory",
    "PostgreSQL's log",
    "network out",
  ];
  return markdownRows(head, rows, false);
}
