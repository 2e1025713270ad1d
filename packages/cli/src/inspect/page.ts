import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { answer, Refusal, refuse } from "../page/answer.js";
import { listenNear } from "../page/listen.js";
import { checkHost, checkOrigin } from "../page/same-origin.js";
import { StaticFiles } from "../page/static-files.js";
import type { LiveSource } from "./options.js";
import { Upstream } from "./upstream.js";

/** A recording that is shown. */
export interface FileSource {
  readonly name: string;
  readonly text: string;
}

/** How a page is served. */
export interface InspectPageOptions {
  readonly source: LiveSource | FileSource;
  /** The first port to try; 0 for any free one. */
  readonly port: number;
  /** Where the page's files are. @default beside the command */
  readonly files?: string;
}

/**
 * The inspector's page, on this machine alone. Who opens it has the key that its address ends with:
 * the token reaches what the server lets it reach, which is nothing for other users of the machine.
 */
export class InspectPage {
  readonly #http = createServer();
  readonly #files: StaticFiles;
  readonly #source: LiveSource | FileSource;
  readonly #upstream: Upstream | undefined;
  readonly #sockets = new Set<Duplex>();
  readonly #key: string = randomBytes(16).toString("base64url");

  private constructor({ source, files }: InspectPageOptions) {
    this.#source = source;
    this.#upstream = "url" in source ? new Upstream(source) : undefined;
    this.#files = new StaticFiles(files ?? fileURLToPath(new URL("inspect", import.meta.url)));
    this.#http.on("request", (request, response) => this.#answer(request, response));
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#http.maxConnections = 256;
  }

  /** Resolves once it can be opened. @throws by rejection: UsageError where there is no port */
  static async open(options: InspectPageOptions): Promise<InspectPage> {
    const page = new InspectPage(options);
    await listenNear(page.#http, options.port);
    return page;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port; // it listens on a port
  }

  /** Its address, with the key. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/?key=${this.#key}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    try {
      checkHost(request);
      const [path = "/", query] = (request.url ?? "/").split("?", 2);
      const key = new URLSearchParams(query).get("key");
      if (path === "/" && key !== null) this.#letIn(key, response);
      else if (this.#checkKey(request)) this.#serve(path, request, response);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, refusalOf(error));
    }
  }

  /** The key goes from the address into a cookie, so that no history and no log has it. */
  #letIn(key: string, response: ServerResponse): void {
    this.#check(key);
    const cookie = `${this.#cookie}=${key}; Path=/; HttpOnly; SameSite=Strict`;
    response.writeHead(303, { location: "/", "set-cookie": cookie, "cache-control": "no-store" });
    response.end();
  }

  /** Cookies are of all ports of a machine. */
  get #cookie(): string {
    return `deltawire_inspect_${this.port}`;
  }

  #check(key: string): void {
    const [given, own] = [Buffer.from(key), Buffer.from(this.#key)];
    if (given.length === own.length && timingSafeEqual(given, own)) return;
    const what =
      "this page is for who has started it: open the address that the command has printed";
    throw new Refusal(403, "no_key", what);
  }

  /** @throws Refusal */
  #checkKey({ headers }: IncomingMessage): true {
    const cookies = (headers.cookie ?? "").split(/; */).map((pair) => pair.split("=", 2));
    const [, key = ""] = cookies.find(([name]) => name === this.#cookie) ?? [];
    this.#check(key);
    return true;
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const source = this.#source;
    const wire = wirePath(request);
    if (wire !== undefined && this.#upstream) {
      checkOrigin(request);
      this.#upstream.forward(wire, request, response);
    } else if (path === "/session") {
      checkOrigin(request);
      answer(response, 200, sessionOf(source));
    } else if (path === "/recording" && "text" in source) {
      checkOrigin(request);
      const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
      response.writeHead(200, headers).end(source.text);
    } else this.#files.serve(path, request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined); // who is gone hears no answer
    try {
      checkHost(request);
      this.#checkKey(request);
      checkOrigin(request);
      const path = wirePath(request);
      if (path === undefined || !this.#upstream) {
        throw new Refusal(404, "not_found", "the wire of this page is at /wire");
      }
      this.#upstream.upgrade(path, request, socket, head);
    } catch (error) {
      const { status, message } = refusalOf(error);
      const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", ""];
      socket.end(`${lines.join("\r\n")}\r\n${message}\n`);
    }
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#http.close(() => done()));
    for (const socket of this.#sockets) socket.destroy(); // a WebSocket is none of the server's any more
    await closed;
  }
}

/** What of a request's path is the server's own; undefined for what is not for it. */
function wirePath({ url = "/" }: IncomingMessage): string | undefined {
  return /^\/wire((?:[/?].*)?)$/.exec(url)?.[1];
}

/** What the page shows: the token is no part of it. */
function sessionOf(source: LiveSource | FileSource): object {
  if ("text" in source) return { recording: source.name };
  const { url, channel, last } = source;
  return { url: url.href, channel, last };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new Refusal(500, "internal", `the inspector failed on this: ${what}`);
}
