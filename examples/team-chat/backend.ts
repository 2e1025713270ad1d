import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { type AccessRequest, createServer, type Server } from "@deltawire/server";
import sirv from "sirv";
import { openRooms, ROOMS, teamOf } from "./rooms.js";

const PAGE = fileURLToPath(new URL("dist/page", import.meta.url));

/** Milliseconds after which one whose connection is gone is not here any more. */
const LEASE = 3000;

/** Messages that a room keeps. */
const KEPT = 500;

/** Units of a token at least: a page makes one of 72. */
const MIN_TOKEN = 32;

/** Where the chat is served, and how fast its agents are. */
export interface BackendOptions {
  /** @default any free one */
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
  const { port = 0, page = PAGE, pace = 1, compact = true } = options;
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
  const team = server.channel("team");
  const setCompact = (isCompact: boolean): void => {
    server.compact = isCompact;
    team.setAttributes(teamOf(isCompact));
  };
  team.onCommand("compact", (value) => setCompact(value === true));
  setCompact(compact);

  const files = sirv(page, { dev: true, etag: true });
  async function handler(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url !== "/payload") return files(request, response);
    const stats = await server.admin(new Request("http://localhost/stats"));
    const { payload } = (await stats.json()) as { readonly payload: unknown };
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(payload));
  }
  const { origin } = await server.listen({ port, handler });
  const stop = await openRooms(server, pace);
  return {
    url: `${origin}/`,
    server,
    async close() {
      await stop();
      await server.close();
    },
  };
}

/** Rooms that there are, and who is in them, are for everybody; of the team everybody reads. */
function mayUse({ channel, action }: AccessRequest): boolean {
  const [kind, room] = channel.split("/");
  if (channel === "team") return action !== "produce";
  return (kind === "room" || kind === "here") && ROOMS.some(({ id }) => id === room);
}

/** What a principal is called, of its token. */
const idOf = (token: string): string =>
  createHash("sha256").update(token).digest("base64url").slice(0, 16);
