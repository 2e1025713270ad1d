import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type AccessRequest, createServer, type Server } from "@deltawire/server";
import { ROOMS, Rooms, teamOf } from "./rooms.js";

/** Milliseconds after which one whose connection is gone is not here any more. */
const LEASE = 3000;

/** Messages that a room keeps. */
const KEPT = 500;

/** Units of a token at least: a page makes one of 72. */
const MIN_TOKEN = 32;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Where the chat is served, and how fast its agents are. */
export interface BackendOptions {
  /** @default 4684; 0 for any free one */
  readonly port?: number;
  /** The folder of the page as it is built. */
  readonly page?: string;
  /** Times the milliseconds that agents took when they were recorded. @default 1 */
  readonly pace?: number;
  /** Whether values are compact, until somebody says otherwise. @default true */
  readonly compact?: boolean;
}

/** A chat that is served: its page, and the wire at `/wire`. */
export interface Backend {
  readonly url: string;
  readonly server: Server;
  /** Stops the agents, and every connection. */
  close(): Promise<void>;
}

/** Serves rooms, with their page, to this machine. */
export async function serveChat(options: BackendOptions = {}): Promise<Backend> {
  const { port = 4684, page = fileURLToPath(new URL("dist/page", import.meta.url)) } = options;
  const server = createServer({
    // Whoever has a secret is somebody: what others see of it is its digest.
    authenticate: ({ token = "" }) => (token.length < MIN_TOKEN ? undefined : { id: idOf(token) }),
    authorize: mayUse,
    channels: {
      "room/*": { retention: { messages: KEPT } },
      "here/*": { retention: { age: 0 } }, // who has left is not kept
    },
    limits: { lease: LEASE },
  });
  server.compact = options.compact ?? true;
  const team = server.channel("team");
  const tell = () => team.setAttributes(teamOf(server.compact));
  team.onCommand("compact", (value) => {
    server.compact = value === true;
    tell();
  });
  tell();

  const http = createHttpServer(async ({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const isStatistics = path === "/payload";
    const file = join(page, path === "/" ? "index.html" : path);
    const type = isStatistics ? "application/json" : TYPES[extname(file)];
    const body = isStatistics
      ? await payloadOf(server)
      : type && (await readFile(file).catch(() => undefined));
    if (body) response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
    else response.writeHead(404, { "content-type": "text/plain" });
    response.end(body ?? "not found\n");
  });
  server.attach(http);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const rooms = await Rooms.open(server, options.pace ?? 1);
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, // it listens on a port
    server,
    async close() {
      await rooms.close();
      const closed = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Rooms that there are, and who is in them, are for everybody; of the team everybody reads. */
function mayUse({ channel, action }: AccessRequest): boolean {
  const [kind, room] = channel.split("/");
  if (channel === "team") return action !== "produce";
  return (kind === "room" || kind === "here") && ROOMS.some(({ id }) => id === room);
}

/** What the frames of channels took, of `/stats`, as JSON. */
async function payloadOf(server: Server): Promise<string> {
  const answer = await server.admin(new Request("http://localhost/stats"));
  const { payload } = (await answer.json()) as { readonly payload: unknown };
  return JSON.stringify(payload);
}

/** What a principal is called, of its token. */
const idOf = (token: string): string =>
  createHash("sha256").update(token).digest("base64url").slice(0, 16);
