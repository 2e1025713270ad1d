import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { type FanoutPeer, textOf } from "../peer.js";
import { upgradeRequest } from "../upgrade.js";

let sent = 0;

/** The payload that Deltawire sends of an append: a byte of the version, and the text. */
export function payloadOf(text: string): Buffer {
  sent += 1;
  return Buffer.concat([Buffer.of(sent & 0x7f), Buffer.from(text)]);
}

/** `ws` by itself: the same payload to each of its clients, as its documents show. */
export const ws: FanoutPeer = {
  async serve() {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (client) => client.send(payloadOf(textOf(0))));
    await once(server, "listening");
    return {
      port: (server.address() as AddressInfo).port,
      send(texts) {
        for (const text of texts) {
          const payload = payloadOf(text);
          for (const client of server.clients) {
            if (client.readyState === WebSocket.OPEN) client.send(payload);
          }
        }
      },
    };
  },
  greeting: (port) => [upgradeRequest(port, "/")],
  async watch(port) {
    const witness = { text: "" };
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    client.on("message", (data: Buffer) => {
      witness.text += data.toString("utf8", 1);
    });
    await once(client, "message");
    return witness;
  },
};
