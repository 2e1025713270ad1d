import {
  type ClientRequest,
  request as http,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { request as https } from "node:https";
import type { Duplex } from "node:stream";
import type { LiveSource } from "./options.js";

/**
 * Headers that go no further: those of one connection (RFC 9110, 7.6.1), and those by which the
 * server would take the request for one of a page, or of somebody else.
 */
const KEPT_HERE: readonly RegExp[] = [
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host)$/,
  /^(origin|referer|cookie|authorization|sec-fetch-.*|set-cookie)$/,
];

/** Names and values in turn, without those that go no further. */
function passedOn(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => {
    const name = (rawHeaders[i & ~1] ?? "").toLowerCase();
    return !KEPT_HERE.some((names) => names.test(name));
  });
}

/** The server that is looked at, as the page reaches it: the token is added on the way. */
export class Upstream {
  readonly #url: URL;
  readonly #token: string | undefined;

  constructor({ url, token }: LiveSource) {
    this.#url = url;
    this.#token = token;
  }

  /** Hands a request on. @param path what follows the server's own path, with its query */
  forward(path: string, request: IncomingMessage, response: ServerResponse): void {
    const outgoing = this.#request(path, request, ["connection", "close"]);
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("the server cannot be reached\n");
    });
    response.on("error", () => undefined).on("close", () => outgoing.destroy());
    request.on("error", () => outgoing.destroy()).pipe(outgoing);
    outgoing.on("response", (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, passedOn(incoming.rawHeaders));
      incoming.on("error", () => response.destroy()).pipe(response);
    });
  }

  /** Hands a WebSocket on. @param head what has come behind the request already */
  upgrade(path: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const outgoing = this.#request(path, request, [
      "connection",
      "Upgrade",
      "upgrade",
      "websocket",
    ]);
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    outgoing.on("error", () => refuse("502 Bad Gateway"));
    outgoing.on("response", (incoming) => {
      incoming.resume();
      refuse(`${incoming.statusCode} ${incoming.statusMessage}`);
    });
    outgoing.on("upgrade", (incoming, remote, remoteHead) => {
      socket.write(`${headOf(incoming)}\r\n`);
      join(socket, remote);
      if (remoteHead.length > 0) socket.write(remoteHead);
      if (head.length > 0) remote.write(head);
    });
    socket.on("error", () => outgoing.destroy()).on("close", () => outgoing.destroy());
    outgoing.end();
  }

  #request(
    path: string,
    { method, rawHeaders }: IncomingMessage,
    own: readonly string[],
  ): ClientRequest {
    const url = new URL(this.#url);
    const [rest = "", query = ""] = path.split("?", 2);
    url.pathname = url.pathname.replace(/\/$/, "") + rest;
    url.search = [url.search.slice(1), query].filter(Boolean).join("&");
    url.protocol = url.protocol.replace("ws", "http");
    const token = this.#token === undefined ? [] : ["authorization", `Bearer ${this.#token}`];
    const headers = ["host", url.host, ...passedOn(rawHeaders), ...token, ...own];
    const options = {
      ...{ method: method ?? "GET", agent: false as const },
      headers: headers as unknown as NodeJS.Dict<string[]>, // Node takes them in turn, as they came
    };
    return url.protocol === "https:" ? https(url, options) : http(url, options);
  }
}

/** The head of the answer to an upgrade. */
function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const passed = passedOn(rawHeaders);
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`, "Connection: Upgrade"];
  lines.push("Upgrade: websocket");
  for (let i = 0; i < passed.length; i += 2) lines.push(`${passed[i]}: ${passed[i + 1]}`);
  return `${lines.join("\r\n")}\r\n`;
}

/** What comes from one goes to the other; what ends on one side ends on both. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy()).on("close", () => to.destroy());
  }
}
