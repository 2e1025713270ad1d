import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { redisLog } from "@deltawire/redis";
import { createServer, type Server } from "@deltawire/server";
import { GRAPH } from "./graph-channel.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Where graphs are served. */
export interface BackendOptions {
  /** URL of the Redis that all servers share. */
  readonly redis: string;
  /** @default 4690; 0 for any free one */
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
  close(): Promise<void>;
}

/** Serves graphs to this machine: whoever is here may look, and nobody but the server writes. */
export async function serveGraphs(options: BackendOptions): Promise<Backend> {
  const { redis, port = 4690, heartbeat } = options;
  const { page = fileURLToPath(new URL("dist/page", import.meta.url)) } = options;
  const log = redisLog(redis);
  const server = createServer({
    data: { log, close: () => log.close() },
    authorize: ({ channel, action }) => action === "subscribe" && channel.startsWith(GRAPH.channel),
  });
  const http = createHttpServer(async ({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const file = join(page, path === "/" ? "index.html" : path);
    const type = TYPES[extname(file)];
    const body = type === undefined ? undefined : await readFile(file).catch(() => undefined);
    if (body) response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
    else response.writeHead(404, { "content-type": "text/plain" });
    response.end(body ?? "not found\n");
  });
  server.attach(http, heartbeat === undefined ? {} : { heartbeat });
  await new Promise<void>((listening, reject) => {
    http.once("error", reject).listen(port, "127.0.0.1", listening);
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, // it listens on a port
    server,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
