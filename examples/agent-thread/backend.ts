import { fileURLToPath } from "node:url";
import { postgresStore } from "@deltawire/postgres";
import { createServer, type Log } from "@deltawire/server";
import { Pool } from "pg";
import sirv from "sirv";
import { SearchIndex } from "./search-index.js";
import { LIST, THREAD, ThreadList } from "./thread-list.js";

/** What a backend is started with. */
export interface BackendOptions {
  /** PostgreSQL: `postgres://…`. */
  readonly database: string;
  /** Where the order of what happens survives the process. @default in memory */
  readonly log?: Log;
  /** @default any free one */
  readonly port?: number;
}

/** A backend that runs. */
export interface Backend {
  /** For pages and editors. */
  readonly url: string;
  /** Of the page, and of `/search?q=…`. */
  readonly origin: string;
  readonly index: SearchIndex;
  close(): Promise<void>;
}

/** The folder of the built page. */
const PAGE = fileURLToPath(new URL("dist/page", import.meta.url));

/** Threads on the list: those that came last. */
const MAX_THREADS = 200;

/**
 * Starts the backend: threads live, their history in PostgreSQL, the list of them, and a search over
 * what has ended. On this machine only, since it asks nobody who he is.
 */
export async function startBackend({ database, log, port = 0 }: BackendOptions): Promise<Backend> {
  const pool = new Pool({ connectionString: database, max: 5 });
  pool.on("error", (error) => console.error(`PostgreSQL: ${error.message}`)); // it connects anew
  const index = new SearchIndex(pool);
  await index.migrate();
  const store = postgresStore(pool, {
    onSave(_client, saves) {
      try {
        list.saved(saves);
      } catch (error) {
        console.error(error); // no reason not to save
      }
    },
  });
  await store.migrate();
  const server = createServer({
    data: { store, ...(log && { log }) },
    channels: { [LIST]: { retention: { messages: MAX_THREADS } } },
  });
  const list = new ThreadList(server.channel(LIST));
  server.on("error", ({ error }) => console.error(error));
  server.on("message_completed", async (event) => {
    if (!event.channel.startsWith(THREAD) || event.message.text === "") return;
    await index.add(event.channel.slice(THREAD.length), event);
  });
  await list.open(pool);

  const page = sirv(PAGE, { dev: true, etag: true }); // it may be built anew meanwhile
  const { url, origin } = await server.listen({
    port,
    async handler(request, response) {
      response.setHeader("x-content-type-options", "nosniff");
      const [path, query] = (request.url ?? "/").split("?");
      if (path !== "/search") return page(request, response);
      const found = await index.find(new URLSearchParams(query).get("q") ?? "");
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
    },
  });
  return {
    url,
    origin,
    index,
    async close() {
      list.close();
      await server.close();
      await pool.end();
    },
  };
}
