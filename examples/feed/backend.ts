import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { createServer } from "@deltawire/server";
import { Pool } from "pg";
import { answerDocument, answerEvents } from "./answers.js";
import { FEED, feedOf, feedRule } from "./feed.js";
import type { Source } from "./queries.js";
import { BEN, prepare } from "./schema.js";
import { Timings } from "./timings.js";

/** Milliseconds after which PostgreSQL ends a query. */
const PATIENCE = 2000;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** What a backend is started with. */
export interface BackendOptions {
  /** PostgreSQL: `postgres://…`. */
  readonly database: string;
  /** @default any free one */
  readonly port?: number;
  /** The folder of the built page. @default none */
  readonly page?: string;
  /** Milliseconds that a feed stays for others once it is complete. @default 30,000 */
  readonly keep?: number;
}

/** A backend that runs. */
export interface Backend {
  /** The page. */
  readonly url: string;
  readonly wire: string;
  /** Its database, so that what it does can be counted. */
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Starts the backend: feeds over the wire, as server-sent events, and as documents. */
export async function startBackend({
  database,
  port = 0,
  page,
  keep = 30_000,
}: BackendOptions): Promise<Backend> {
  const pool = new Pool({ connectionString: database, max: 40, statement_timeout: PATIENCE });
  pool.on("error", (error) => console.error(`PostgreSQL: ${error.message}`)); // it connects anew
  await prepare(pool);
  const timings = new Timings();
  const server = createServer({
    channels: { [`${FEED}*`]: feedRule({ pool, timings, keep, slowness }) },
    authorize: ({ channel, action }) => action === "subscribe" && channel.startsWith(FEED),
  });
  server.on("error", ({ error }) => console.error(error));

  const http = createHttpServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, feed, person = "", events] = pathname.split("/");
    try {
      if (feed === "feed" && events === "events") {
        answerEvents(feedOf(server, decodeURIComponent(person)), request, response);
      } else if (feed === "feed" && person !== "" && events === undefined) {
        await answerDocument(feedOf(server, decodeURIComponent(person)), searchParams, response);
      } else if (pathname === "/stats") await answerStats(response);
      else await answerFile(response, pathname);
    } catch (error) {
      const isTheirs = error instanceof RangeError || error instanceof URIError;
      if (!response.headersSent) response.writeHead(isTheirs ? 400 : 503);
      response.end(isTheirs ? `${error.message}\n` : "not now\n");
    }
  });

  async function answerStats(response: ServerResponse): Promise<void> {
    const stats = await server.admin(new Request("http://localhost/stats"));
    const { on_demand } = (await stats.json()) as { on_demand: Record<string, number> };
    const { started = 0, shared = 0, from_memory = 0 } = on_demand;
    const asked = started + shared + from_memory;
    const cache = { started, shared, from_memory, ratio: asked && (shared + from_memory) / asked };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ ...timings.toJSON(), cache })}\n`);
  }

  async function answerFile(response: ServerResponse, path: string): Promise<void> {
    const file = join(page ?? "", normalize(path === "/" ? "/index.html" : path));
    const type = TYPES[extname(file)];
    const isThere = page !== undefined && type !== undefined && existsSync(file);
    response.writeHead(isThere ? 200 : 404, { "content-type": type ?? "text/plain" });
    response.end(isThere ? await readFile(file) : "There is nothing here.\n");
  }

  server.attach(http);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`; // a TCP server's
  return {
    url: `http://${host}/`,
    wire: `ws://${host}/wire`,
    pool,
    async close() {
      await server.close();
      http.close();
      http.closeAllConnections();
      await pool.end();
    },
  };
}

/** Ben's reports take longer than PostgreSQL may: that source fails, and the rest stays. */
const slowness = (person: string, { name }: Source): number =>
  person === BEN && name === "reports" ? 2 * PATIENCE : 0;
