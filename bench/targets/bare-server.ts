import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { obey } from "../fanout/child.js";

/** What a bare server is told: to send these to everybody. */
export interface BareOrder {
  readonly messages: readonly string[];
}

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => socket.on("message", () => socket.send("subscribed")));
await once(server, "listening");

const { port } = server.address() as AddressInfo; // it listens at a port
obey({ url: `ws://127.0.0.1:${port}` }, async ({ messages }: BareOrder) => {
  for (const message of messages) for (const socket of server.clients) socket.send(message);
  return {};
});
