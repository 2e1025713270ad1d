import { createServer } from "node:http";
import { Server } from "socket.io";
import { WebSocket } from "ws";

/**
 * The WebSocket messages in which a server brings some events to a client; for the test that
 * compares the adapter's with them.
 */
export async function servedFor(events: readonly (readonly unknown[])[]): Promise<string[]> {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"] });
  server.on("connection", (socket) => {
    for (const [name, ...values] of events) socket.emit(String(name), ...values);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  try {
    return await new Promise((resolve, reject) => {
      const messages: string[] = [];
      client.on("error", reject);
      client.on("message", (data) => {
        const message = String(data);
        // Engine.IO has opened the connection: the namespace is asked for.
        if (message.startsWith("0")) client.send("40");
        if (message.startsWith("42")) messages.push(message);
        if (messages.length === events.length) resolve(messages);
      });
    });
  } finally {
    client.close();
    await server.close();
  }
}
