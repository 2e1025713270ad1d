import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "@deltawire/server";
import { SHELL, Terminal, type TerminalOptions } from "./terminal.js";

/** Milliseconds for which one who is gone keeps his place: a page that is loaded again is back. */
const LEASE = 5000;

/** Units of a token at least: a page makes one of 72. */
const MIN_TOKEN = 32;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Where a terminal is served, and what it runs. */
export interface BackendOptions extends TerminalOptions {
  /** @default 4681; 0 for any free one */
  readonly port?: number;
  /** The folder of the page as it is built. */
  readonly page?: string;
}

/** A terminal that is served: its page, and the wire at `/wire`. */
export interface Backend {
  readonly url: string;
  /** Ends the shell, and every connection. */
  close(): Promise<void>;
}

/** Serves a terminal, with its page, to this machine. */
export async function serveTerminal(options: BackendOptions = {}): Promise<Backend> {
  const { port = 4681, page = fileURLToPath(new URL("dist/page", import.meta.url)) } = options;
  const server = createServer({
    // Whoever has a secret is somebody: what others see of it is its digest.
    authenticate: ({ token = "" }) => (token.length < MIN_TOKEN ? undefined : { id: idOf(token) }),
    authorize: ({ principal, channel, action }) =>
      channel === `${SHELL.here}${principal.id}` ||
      (action !== "produce" && channel.startsWith(SHELL.channel)),
    limits: { lease: LEASE },
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
  server.attach(http);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const terminal = new Terminal(server, options);
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, // it listens on a port
    async close() {
      terminal.close();
      const closed = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** What a principal is called, of its token. */
const idOf = (token: string): string =>
  createHash("sha256").update(token).digest("base64url").slice(0, 16);
