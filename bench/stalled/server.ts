import { setTimeout as wait } from "node:timers/promises";
import { obey } from "../fanout/child.js";
import type { StalledPeerName } from "./peer.js";
import { peerOf } from "./peers.js";

/** What a server's process is told. */
export type ServerOrder =
  /** Adds so many texts, one every 10 ms. */
  | { readonly type: "append"; readonly texts: number }
  /** Collects its garbage. */
  | { readonly type: "collect" };

export interface ServerAnswer {
  readonly url: string;
  readonly proof: string;
  /** Heap and external memory, in bytes, once garbage is collected. */
  readonly held?: number;
}

const server = await (await peerOf(process.argv[2] as StalledPeerName)).serve();
let appended = 0;

obey({ url: server.url }, async (order: ServerOrder) => {
  if (order.type === "collect") {
    for (let i = 0; i < 4; i++) global.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { proof: server.proof, held: heapUsed + external };
  }
  for (let i = 0; i < order.texts; i++) {
    appended += 1;
    server.append(`${appended} of what came later\n`);
    await wait(10);
  }
  return { proof: server.proof };
});
