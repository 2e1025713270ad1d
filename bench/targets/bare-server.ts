import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { WebSocketServer } from "ws";

/** What a bare server is told: to send these to everybody. */
export interface BareOrder {
  readonly messages: readonly string[];
}

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => socket.on("message", () => socket.send("subscribed")));
await once(server, "listening");

process.on("message", ({ messages }: BareOrder) => {
  for (const message of messages) for (const socket of server.clients) socket.send(message);
  process.send?.({});
});
const { port } = server.address() as AddressInfo; // it listens at a port
process.send?.({ url: `ws://127.0.0.1:${port}` });
