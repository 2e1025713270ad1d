import { fileURLToPath } from "node:url";
import { redisLog } from "@deltawire/redis";
import { createServer, type Server } from "@deltawire/server";
import sirv from "sirv";
import { GRAPH } from "./graph-channel.js";

const PAGE = fileURLToPath(new URL("dist/page", import.meta.url));

/** Where graphs are served. */
export interface BackendOptions {
  /** URL of the Redis that all servers share. */
  readonly redis: string;
  /** @default any free one */
  readonly port?: number;
  /** The folder of the page as it is built. */
  readonly page?: string;
  /** Milliseconds of silence after which a viewer is asked whether he is there. @default 15,000 */
  readonly heartbeat?: number;
}

/** One of the servers: the page, and the wire at `/wire`. */
export interface Backend {
  readonly url: string;
  readonly server: Server;
}

/** Serves graphs to this machine: whoever is here may look, and nobody but the server writes. */
export async function serveGraphs(options: BackendOptions): Promise<Backend> {
  const { redis, port = 0, page = PAGE, heartbeat = 15_000 } = options;
  const log = redisLog(redis);
  const server = createServer({
    data: { log, close: () => log.close() },
    authorize: ({ channel, action }) => action === "subscribe" && channel.startsWith(GRAPH.channel),
  });
  const handler = sirv(page, { dev: true, etag: true });
  const { origin } = await server.listen({ port, handler, heartbeat });
  return { url: `${origin}/`, server };
}
