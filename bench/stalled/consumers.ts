import { setTimeout as wait } from "node:timers/promises";
import { obey } from "../fanout/child.js";
import type { StalledConsumer, StalledPeerName } from "./peer.js";
import { peerOf } from "./peers.js";

/** What the consumers' process is told. */
export type ConsumersOrder =
  | {
      readonly type: "join";
      readonly url: string;
      readonly stalled: number;
      readonly live: number;
    }
  /** Says whether those hold what the server holds that read, and so many that read on first. */
  | { readonly type: "verify"; readonly proof: string; readonly drained: number };

export interface ConsumersAnswer {
  readonly isWhole: boolean;
}

/** Stalled consumers that read on at a time: each then holds the whole text. */
const AT_A_TIME = 10;

const peer = await peerOf(process.argv[2] as StalledPeerName);
const live: StalledConsumer[] = [];
const stalled: StalledConsumer[] = [];

const until = async (isSo: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 3000 && !isSo(); i++) await wait(10);
  return isSo();
};

async function join(order: Extract<ConsumersOrder, { readonly type: "join" }>): Promise<boolean> {
  for (let i = 0; i < order.live; i++) live.push(peer.follow(order.url, true));
  for (let i = 0; i < order.stalled; i++) stalled.push(peer.follow(order.url, false));
  return until(() => [...live, ...stalled].every(({ hasJoined }) => hasJoined));
}

const hold = (consumers: readonly StalledConsumer[], proof: string): Promise<boolean> =>
  until(() => consumers.every((consumer) => consumer.proof === proof));

async function verify(proof: string, drained: number): Promise<boolean> {
  let isWhole = await hold(live, proof);
  const draining = stalled.splice(0, drained);
  while (draining.length > 0) {
    const some = draining.splice(0, AT_A_TIME); // what they held is free again then
    for (const consumer of some) consumer.resume();
    isWhole = (await hold(some, proof)) && isWhole;
    for (const consumer of some) consumer.close();
  }
  return isWhole;
}

obey({}, async (order: ConsumersOrder) => ({
  isWhole: await (order.type === "join" ? join(order) : verify(order.proof, order.drained)),
}));
