import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { type FanoutPeer, textOf } from "../peer.js";
import { clientMessage, upgradeRequest } from "../upgrade.js";

const ROOM = "room";

/** Socket.IO by its WebSocket transport: each text an event to a room. */
export const socketIo: FanoutPeer = {
  async serve() {
    const http = createServer();
    const server = new Server(http, { transports: ["websocket"], pingInterval: 600_000 });
    // Its documents advise it: what the handshake has shown is not kept.
    server.engine.on("connection", (connection: { request: unknown }) => {
      connection.request = null;
    });
    server.on("connection", async (client) => {
      await client.join(ROOM);
      client.emit("text", textOf(0));
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return {
      port: (http.address() as AddressInfo).port,
      send(texts) {
        for (const text of texts) server.to(ROOM).emit("text", text);
      },
    };
  },
  greeting: (port) => [
    upgradeRequest(port, "/socket.io/?EIO=4&transport=websocket"),
    clientMessage("40"),
  ],
  async watch(port) {
    const witness = { text: "" };
    const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
    client.on("text", (text: string) => {
      witness.text += text;
    });
    while (!witness.text) await new Promise((later) => setTimeout(later, 5));
    return witness;
  },
};
