import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { postgresStore } from "@deltawire/postgres";
import { createServer, type Log } from "@deltawire/server";
import { Pool } from "pg";
import { WebSocketServer } from "ws";
import { takeOldEditor } from "./old-editor.js";
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
  /** The folder of the built page. @default none */
  readonly page?: string;
}

/** A backend that runs, at addresses of one port. */
export interface Backend {
  /** The page. */
  readonly url: string;
  /** For pages and new editors. */
  readonly wire: string;
  /** For editors that speak the old protocol. */
  readonly old: string;
  readonly index: SearchIndex;
  close(): Promise<void>;
}

/** Threads on the list: those that came last. */
const MAX_THREADS = 200;

/** Bytes of one frame of an old editor: one entry, whole. */
const MAX_OLD_FRAME = 32 << 20;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Starts the backend: threads live, their history in PostgreSQL, the list of them, and a search over
 * what has ended. On this machine only, since it asks nobody who he is.
 */
export async function startBackend({
  database,
  log,
  port = 0,
  page,
}: BackendOptions): Promise<Backend> {
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
  const channels = { [LIST]: { retention: { messages: MAX_THREADS } } };
  const server = createServer({ data: { store, ...(log && { log }) }, channels });
  const list = new ThreadList(server.channel(LIST));
  server.on("error", ({ error }) => console.error(error));
  server.on("message_completed", async (event) => {
    if (!event.channel.startsWith(THREAD) || event.message.text === "") return;
    await index.add(event.channel.slice(THREAD.length), event);
  });
  await list.open(pool);

  const files = filesIn(page);
  const http = createHttpServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const file = files.get(pathname);
    if (file) answer(response, 200, file.type, file.content);
    else if (pathname !== "/search")
      answer(response, 404, "text/plain", "There is nothing here.\n");
    else {
      const found = await index.find(searchParams.get("q") ?? "").catch(() => undefined);
      const status = found ? 200 : 503;
      answer(
        response,
        status,
        "application/json",
        JSON.stringify(found ?? { error: "no database" }),
      );
    }
  });
  server.attach(http); // at /wire
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`; // a TCP server's
  const wire = `ws://${host}/wire`;

  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_OLD_FRAME });
  const editors = new Set<Promise<void>>();
  http.on("upgrade", (request, socket, head) => {
    if (new URL(request.url ?? "/", "http://localhost").pathname !== "/old") return;
    if (request.headers.origin !== undefined) {
      socket.destroy(); // a page, and no editor
      return;
    }
    sockets.handleUpgrade(request, socket, head, (editor) => {
      const gone = takeOldEditor(editor, wire, (what) => console.error(`old editor: ${what}`))
        .catch((error: unknown) => console.error(`old editor: ${error}`))
        .finally(() => editors.delete(gone));
      editors.add(gone);
    });
  });
  return {
    url: `http://${host}/`,
    wire,
    old: `ws://${host}/old`,
    index,
    async close() {
      for (const editor of sockets.clients) editor.close(1012, "the backend ends");
      await Promise.all(editors);
      list.close();
      await server.close();
      http.close();
      http.closeAllConnections();
      await pool.end();
    },
  };
}

interface File {
  readonly type: string;
  readonly content: Buffer;
}

/** The files of a folder, by path: what is asked for is looked up, so that no path leads out of it. */
function filesIn(folder: string | undefined): ReadonlyMap<string, File> {
  const files = new Map<string, File>();
  if (folder === undefined) return files;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const url = path.slice(join(folder, sep).length).split(sep).join("/");
    files.set(url === "index.html" ? "/" : `/${url}`, { type, content: readFileSync(path) });
  }
  return files;
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  content: string | Buffer,
): void {
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
  });
  response.end(content);
}
