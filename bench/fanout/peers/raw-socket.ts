import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type FanoutPeer, textOf } from "../peer.js";
import { payloadOf } from "./ws.js";

/** A payload behind the header that a WebSocket server writes (RFC 6455, 5.2). */
function framed(text: string): Buffer {
  const payload = payloadOf(text);
  return Buffer.concat([Buffer.of(0x82, payload.length), payload]);
}

/** The limit: one buffer of the same bytes, written to each socket as it is. */
export const rawSocket: FanoutPeer = {
  async serve() {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      socket.write(framed(textOf(0)));
      sockets.add(socket);
      socket.on("error", () => undefined); // a close follows
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      port: (server.address() as AddressInfo).port,
      send(texts) {
        const bytes = Buffer.concat(texts.map(framed));
        for (const socket of sockets) socket.write(bytes);
      },
    };
  },
  greeting: () => [],
  async watch(port) {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => chunks.push(chunk));
    await once(socket, "data");
    return {
      get text() {
        let text = "";
        const bytes = Buffer.concat(chunks);
        for (let at = 0; at < bytes.length; ) {
          const end = at + 2 + (bytes[at + 1] ?? 0);
          text += bytes.toString("utf8", at + 3, end);
          at = end;
        }
        return text;
      },
    };
  },
};
