import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { createServer } from "@deltawire/server";
import { Pool } from "pg";
import sirv from "sirv";
import { answerDocument, answerEvents } from "./answers.js";
import { feedRule, PATIENCE } from "./feed.js";
import { prepare } from "./schema.js";

const PAGE = fileURLToPath(new URL("dist/page", import.meta.url));

/** What a backend is started with. */
export interface BackendOptions {
  /** PostgreSQL: `postgres://…`. */
  readonly database: string;
  /** Its metrics are at the next one. @default any free ones */
  readonly port?: number;
  /** The folder of the page as it is built. */
  readonly page?: string;
  /** Milliseconds that a feed stays for others once it is complete. @default 30,000 */
  readonly keep?: number;
}

/** A backend that runs. */
export interface Backend {
  /** The page. */
  readonly url: string;
  readonly wire: string;
  readonly metrics: string;
  /** Its database, so that what it does can be counted. */
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Starts the backend: feeds over the wire, as server-sent events, and as documents. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { database, port = 0, page = PAGE, keep = 30_000 } = options;
  const pool = new Pool({ connectionString: database, max: 40, statement_timeout: PATIENCE });
  pool.on("error", (error) => console.error(`PostgreSQL: ${error.message}`)); // it connects anew
  await prepare(pool);
  const server = createServer({
    channels: { "feed/*": feedRule(pool, keep) },
    authorize: ({ channel, action }) => action === "subscribe" && channel.startsWith("feed/"),
  });
  server.on("error", ({ error }) => console.error(error));
  const files = sirv(page, { dev: true, etag: true });

  async function handler(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, person, events] = /^\/feed\/([^/]+)(\/events)?$/.exec(pathname) ?? [];
    if (person === undefined) return files(request, response);
    try {
      const feed = server.channel(`feed/${decodeURIComponent(person)}`);
      if (events) await answerEvents(feed, request, response);
      else await answerDocument(feed, searchParams, response);
    } catch (error) {
      const isTheirs = error instanceof RangeError || error instanceof URIError;
      if (!isTheirs) throw error;
      response.writeHead(400).end(`${error.message}\n`);
    }
  }

  const admin = { port: port && port + 1 };
  const { url, origin, adminUrl = "" } = await server.listen({ port, handler, admin });
  return {
    url: `${origin}/`,
    wire: url,
    metrics: `${adminUrl}/stats`,
    pool,
    async close() {
      await server.close();
      await pool.end();
    },
  };
}
