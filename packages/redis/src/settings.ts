import process from "node:process";
import type { Redis } from "ioredis";
import { type Client, isCluster } from "./place.js";

/** Settings of Redis that lose records, or with which nothing works, by what INFO says of them. */
const AMISS: readonly { readonly found: RegExp; readonly say: string }[] = [
  {
    found: /^maxmemory_policy:(?!noeviction)/m,
    say: "it deletes channels when its memory is full: set maxmemory-policy to noeviction",
  },
  {
    found: /^redis_version:[0-6]\./m,
    say: "it has no sharded pub/sub: 7.0 or newer is needed",
  },
];

/** Looks at the settings of each server that is connected to, and warns of what is amiss. */
export function warnOfSettings(client: Client): void {
  const warned = new Set<string>();
  const look = (node: Redis): void => {
    node.info().then(
      (info) => {
        for (const { found, say } of AMISS) {
          if (!found.test(info) || warned.has(say)) continue;
          warned.add(say);
          const { host, port } = node.options;
          process.emitWarning(`Redis at ${host}:${port}: ${say}`, "DeltawireWarning");
        }
      },
      // Who may not ask must know.
      () => undefined,
    );
  };
  if (isCluster(client)) client.on("ready", () => client.nodes("master").forEach(look));
  else client.on("ready", () => look(client));
}
