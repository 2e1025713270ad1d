import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FanoutPeer, textOf } from "../peer.js";

const eventOf = (text: string): string => `data: ${text}\n\n`;

/** Server-sent events (WHATWG HTML) by node:http alone: each text an event. */
export const sse: FanoutPeer = {
  async serve() {
    const responses = new Set<ServerResponse>();
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(eventOf(textOf(0)));
      responses.add(response);
      response.on("close", () => responses.delete(response));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      port: (server.address() as AddressInfo).port,
      send(texts) {
        for (const text of texts) {
          const event = Buffer.from(eventOf(text));
          for (const response of responses) response.write(event);
        }
      },
    };
  },
  greeting: (port) => [Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)],
  async watch(port) {
    let raw = "";
    const asked = get({ port, host: "127.0.0.1", agent: false });
    const [response]: readonly IncomingMessage[] = await once(asked, "response");
    response?.setEncoding("utf8").on("data", (chunk: string) => {
      raw += chunk;
    });
    while (!raw) await new Promise((later) => setTimeout(later, 5));
    return {
      get text() {
        const events = raw.split("\n\n").slice(0, -1);
        return events.map((event) => event.slice("data: ".length)).join("");
      },
    };
  },
};
