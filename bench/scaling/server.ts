import { setTimeout as wait } from "node:timers/promises";
import { level } from "@deltawire/level";
import { redisLog } from "@deltawire/redis";
import { createServer } from "@deltawire/server";
import { obey } from "../fanout/child.js";
import type { RedisUnderTest } from "./places.js";

/** Where a server has its log. */
export type LogPlace =
  | { readonly type: "memory" }
  | { readonly type: "level"; readonly folder: string }
  | { readonly type: "redis"; readonly place: RedisUnderTest["place"] };

/** What a server is told. */
export type ServerOrder =
  /** Loads more channels, and says what it holds then. */
  | { readonly type: "load"; readonly channels: number }
  /** Says what it has taken so far. */
  | { readonly type: "look" };

export interface ServerAnswer {
  readonly url: string;
  /** Bytes of its heap and of what hangs on it. */
  readonly held: number;
  /** Microseconds of processor time. */
  readonly cpu: number;
}

/** What each channel is about: a message that has ended. */
const TEXT = "A line of what a channel holds.\n".repeat(32);

/** Channels that are begun at the same time. */
const AT_ONCE = 50;

const place: LogPlace = JSON.parse(process.argv[2] ?? "");

function dataOf(place: LogPlace) {
  switch (place.type) {
    case "memory":
      return {};
    case "level":
      return { data: level(place.folder) };
    case "redis":
      return { data: { log: redisLog(place.place) } };
  }
}

const server = createServer(dataOf(place));
const { url } = await server.listen({ port: 0 });
let begun = 0;

async function begin(): Promise<void> {
  begun += 1;
  const message = server.channel(`held-${begun}`).write("message");
  message.append(TEXT);
  await message.complete();
}

async function load(channels: number): Promise<void> {
  for (let left = channels; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, begin));
  }
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await wait(50); // for what ends in a later turn
  }
}

obey({ url }, async (order: ServerOrder): Promise<ServerAnswer> => {
  const { user, system } = process.cpuUsage();
  if (order.type === "load") await load(order.channels);
  const { heapUsed, external } = process.memoryUsage();
  return { url, held: heapUsed + external, cpu: user + system };
});
