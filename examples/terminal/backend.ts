import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createServer } from "@deltawire/server";
import sirv from "sirv";
import { type Program, Terminal } from "./terminal.js";

/** Milliseconds for which one who is gone keeps his place: a page that is loaded again is back. */
const LEASE = 5000;

/** Units of a token at least: a page makes one of 72. */
const MIN_TOKEN = 32;

/** Where a terminal is served, and what it runs. */
export interface BackendOptions {
  /** @default 4681; 0 for any free one */
  readonly port?: number;
  /** The folder of the page as it is built. */
  readonly page?: string;
  /** @default the user's shell */
  readonly command?: Program;
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
    // Nobody reads `here`: what is written there, and by whom, only the terminal knows.
    authorize: ({ channel, action }) =>
      channel === (action === "produce" ? "here" : "terminal/main"),
    channels: { here: { retention: { age: 0 } } }, // who has left is not kept
    limits: { lease: LEASE },
  });
  const handler = sirv(page, { dev: true, etag: true }); // as the folder is by then
  const { origin } = await server.listen({ port, handler });
  const terminal = new Terminal(server, options.command);
  return {
    url: `${origin}/`,
    close() {
      terminal.close();
      return server.close();
    },
  };
}

/** What a principal is called, of its token. */
const idOf = (token: string): string =>
  createHash("sha256").update(token).digest("base64url").slice(0, 16);
