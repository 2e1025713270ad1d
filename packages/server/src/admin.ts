import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { Gauges } from "./gauges.js";
import { isLoopback, isLoopbackHost } from "./loopback.js";
import { type Metrics, metricsOf } from "./metrics.js";
import { takeRequests } from "./node-http.js";
import { isOriginAllowed } from "./origin.js";
import type { Statistics } from "./statistics.js";

/** Where the endpoints for operators listen: never where clients come in. */
export interface AdminOptions {
  /** @default 0: any free one */
  readonly port?: number;
  /** @default "127.0.0.1": this machine only. There is no authentication: keep it off the internet */
  readonly host?: string;
}

/** What {@link Admin} tells operators of. */
export interface AdminHost {
  readonly statistics: Statistics;
  readonly isClosing: boolean;
  /** What its channels survive in and could not be asked when it was asked last. */
  readonly unreachable: Iterable<"log" | "store">;
  gauges(): Gauges;
  report(defect: unknown): void;
}

type Route = (request: Request) => Response | Promise<Response>;

/** The endpoints for operators: `/health`, `/stats`, `/stats/reset`, `/metrics`. */
export class Admin {
  readonly #host: AdminHost;
  readonly #listening = new Set<HttpServer>();
  #metrics: Promise<Metrics> | undefined;
  readonly #routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/health": { GET: () => this.#health() },
    "/stats": { GET: () => this.#stats() },
    "/stats/reset": { POST: () => this.#reset() },
    "/metrics": { GET: () => this.#text() },
  };

  constructor(host: AdminHost) {
    this.#host = host;
  }

  /** Answers a request. Who may make it is for the caller to know. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const route = Object.hasOwn(this.#routes, pathname) ? this.#routes[pathname] : undefined;
    if (!route) return plain(404, `There are ${Object.keys(this.#routes).join(", ")}.`);
    const answer = Object.hasOwn(route, request.method) ? route[request.method] : undefined;
    if (answer) return answer(request);
    return plain(405, "Another method.", { allow: Object.keys(route).join(", ") });
  }

  #health(): Response {
    const isClosing = this.#host.isClosing;
    const unreachable = [...this.#host.unreachable];
    const status = isClosing ? "closing" : "ok"; // those who read are served without the log
    const body = { status, ...(unreachable.length > 0 && { unreachable }) };
    return json(body, isClosing ? 503 : 200);
  }

  #stats(): Response {
    return json(this.#host.statistics.report(this.#host.gauges()));
  }

  #reset(): Response {
    this.#host.statistics.reset();
    return new Response(null, { status: 204 });
  }

  async #text(): Promise<Response> {
    this.#metrics ??= metricsOf(this.#host.statistics, () => this.#host.gauges());
    const { contentType, text } = await this.#metrics;
    return new Response(await text(), { headers: { ...FRESH, "content-type": contentType } });
  }

  /** Listens on a port of its own. @throws by rejection: the system's error */
  async listen({ port = 0, host = "127.0.0.1" }: AdminOptions): Promise<string> {
    const http = createHttpServer();
    const guarded = (request: Request) => this.#guard(request, isLoopback(host));
    takeRequests(http, () => true, guarded, this.#host.report);
    this.#listening.add(http);
    try {
      await new Promise<void>((resolve, reject) => {
        http.once("error", reject).listen(port, host, resolve);
      });
    } catch (error) {
      this.#listening.delete(http);
      throw error;
    }
    http.on("error", (error) => this.#host.report(error));
    const address = http.address();
    const bound = typeof address === "object" && address ? address.port : port;
    return `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  }

  /** A page that somebody here has open must not be able to ask: its requests come from here, too. */
  async #guard(request: Request, isLocal: boolean): Promise<Response> {
    const host = request.headers.get("host");
    const isOwn = isOriginAllowed(request.headers.get("origin"), host, []);
    if (!isOwn || (isLocal && !isLoopbackHost(host))) return plain(403, "Not for pages.");
    return this.fetch(request);
  }

  /** Stops listening. */
  async close(): Promise<void> {
    const closed = [...this.#listening].map(
      (http) => new Promise<void>((resolve) => http.close(() => resolve())),
    );
    for (const http of this.#listening) http.closeAllConnections();
    await Promise.all(closed);
  }
}

const FRESH = { "cache-control": "no-store" };

function json(value: object, status = 200): Response {
  const headers = { ...FRESH, "content-type": "application/json; charset=utf-8" };
  return new Response(`${JSON.stringify(value, null, 2)}\n`, { status, headers });
}

function plain(
  status: number,
  what: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = { ...more, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${what}\n`, { status, headers });
}
