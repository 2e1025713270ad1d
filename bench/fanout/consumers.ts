import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { obey } from "./child.js";
import { Crowd } from "./crowd.js";
import { type FanoutPeerName, TURNS_TOLD, type Witness } from "./peer.js";
import { peerOf } from "./peers.js";

/** What the consumers' process is told, of one peer's consumers. */
export type ConsumersOrder = { readonly peer: FanoutPeerName } & (
  | {
      readonly type: "join";
      readonly port: number;
      readonly control: number;
      readonly readers: number;
      readonly witnesses: number;
    }
  /** The server will send as fast as they read, so many texts a turn. */
  | { readonly type: "count"; readonly size: number }
  /** It will send so many texts, and what they take is to be known. */
  | { readonly type: "time"; readonly texts: number }
  /** All was sent: `texts` to each since the last order, whose turns were sent at these times. */
  | {
      readonly type: "verify";
      readonly texts: number;
      readonly digest: string;
      readonly sent: readonly number[];
    }
);

export interface ConsumersAnswer {
  /** Whether each reader had every text, and each witness holds the server's. */
  readonly isWhole: boolean;
  /** Milliseconds, at these shares of all deliveries. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

interface Joined {
  readonly crowd: Crowd;
  readonly witnesses: readonly Witness[];
  readonly control: Socket;
}

const joined = new Map<FanoutPeerName, Joined>();

/** Milliseconds until what has not come is taken for lost. */
const PATIENCE = 10_000;

const digestOf = ({ text }: Witness): string => createHash("sha1").update(text).digest("hex");

async function join(order: Extract<ConsumersOrder, { readonly type: "join" }>): Promise<void> {
  const { peer: name, port } = order;
  const peer = await peerOf(name);
  let known = joined.get(name);
  if (!known) {
    const control = connect({ port: order.control, host: "127.0.0.1", noDelay: true });
    await once(control, "connect");
    const watched = Array.from({ length: order.witnesses }, () => peer.watch(port));
    known = { crowd: new Crowd(peer, port), witnesses: await Promise.all(watched), control };
    joined.set(name, known);
  }
  await known.crowd.grow(order.readers);
}

async function verify(
  { crowd, witnesses }: Joined,
  { texts, digest, sent }: Extract<ConsumersOrder, { readonly type: "verify" }>,
): Promise<ConsumersAnswer> {
  const isWhole = () => crowd.seen === texts && witnesses.every((one) => digestOf(one) === digest);
  const until = performance.now() + PATIENCE;
  while (!isWhole() && performance.now() < until) await wait(2);
  const latencies = crowd.latencies(sent, texts / Math.max(1, sent.length));
  const at = (share: number) => latencies[Math.floor(share * latencies.length)] ?? Number.NaN;
  return { isWhole: isWhole(), p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

obey({}, async (order: ConsumersOrder): Promise<Partial<ConsumersAnswer>> => {
  if (order.type === "join") await join(order);
  const known = joined.get(order.peer);
  if (!known) throw new Error(`nobody has joined ${order.peer}`);
  switch (order.type) {
    case "join":
      return {};
    case "count":
      known.crowd.count(order.size * TURNS_TOLD, () => known.control.write("."));
      return {};
    case "time":
      known.crowd.time(order.texts);
      return {};
    case "verify":
      return verify(known, order);
  }
});
