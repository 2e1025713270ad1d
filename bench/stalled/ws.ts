import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";
import { PIECES, type StalledPeer } from "./peer.js";

/**
 * `ws` by itself: who comes is sent what is there, from the same memory for all of them, and each
 * addition as it comes. What a consumer does not read waits for it in the server.
 */
export const ws: StalledPeer = {
  async serve() {
    const there = PIECES.map((piece) => Buffer.from(piece));
    const hash = createHash("sha1");
    for (const piece of there) hash.update(piece);
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (client) => {
      for (const piece of there) client.send(piece);
    });
    await once(server, "listening");
    return {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      append(text) {
        const bytes = Buffer.from(text);
        hash.update(bytes);
        for (const client of server.clients) client.send(bytes);
      },
      get proof() {
        return hash.copy().digest("hex");
      },
    };
  },
  follow(url, reads) {
    const hash = createHash("sha1");
    let bytes = 0;
    const socket = new WebSocket(url);
    if (!reads) socket.on("open", () => socket.pause());
    socket.on("message", (data: Buffer) => {
      hash.update(data);
      bytes += data.length;
    });
    return {
      get hasJoined() {
        return reads
          ? bytes >= PIECES.reduce((sum, { length }) => sum + length, 0)
          : socket.isPaused;
      },
      get proof() {
        return hash.copy().digest("hex");
      },
      resume: () => socket.resume(),
      close: () => socket.close(),
    };
  },
};
