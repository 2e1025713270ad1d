import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Headers that are of one connection and not of what it carries (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Names and values in turn, without those of a connection. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => !HOP_BY_HOP.has((rawHeaders[i & ~1] ?? "").toLowerCase()));
}

/**
 * Hands a request on to a port of this machine, over a connection of its own. What ends on one side
 * ends on the other, as hard.
 *
 * @param target path and query there
 */
export function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { port, target }: { readonly port: number; readonly target: string },
): void {
  const { method = "GET", rawHeaders } = request;
  const headers = [...endToEnd(rawHeaders), "connection", "close"];
  const outgoing = httpRequest({
    ...{ host: "127.0.0.1", port, path: target, method, agent: false },
    headers: headers as unknown as NodeJS.Dict<string[]>, // Node takes them in turn, as they came
  });
  const fail = () => {
    outgoing.destroy();
    response.destroy();
  };
  outgoing.on("error", fail);
  response.on("error", fail).on("close", () => outgoing.destroy());
  request.on("error", fail).pipe(outgoing);
  outgoing.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
    response.flushHeaders();
    answer.on("error", fail).on("aborted", fail).pipe(response);
  });
}

/** Hands an upgrade on to a port of this machine, and everything after it, byte by byte. */
export function forwardUpgrade(
  request: IncomingMessage,
  client: Duplex,
  { port, target, head }: { readonly port: number; readonly target: string; readonly head: Buffer },
): void {
  const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const lines = [`${request.method} ${target} HTTP/1.1`];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
  }
  upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
  upstream.write(head);
  client.pipe(upstream);
  upstream.pipe(client);
  endTogether(client as Socket, upstream); // Node's upgrades come on sockets
  endTogether(upstream, client as Socket);
}

/** What is reset or gone on one side is so on the other. */
function endTogether(socket: Socket, other: Socket): void {
  socket.on("error", () => other.resetAndDestroy());
  socket.on("close", () => other.destroy());
}
