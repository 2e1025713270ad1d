import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy before a server: what a network, or something in it, does to a browser. */
export interface Gate {
  /** `ws` address of the server, through this. */
  readonly url: string;
  /** Bytes that the server has sent. */
  readonly received: number;
  /** From now on nothing that the server sends is read; the connections stay. */
  stall(): void;
  /** What was stalled goes on. */
  release(): void;
  /** Resets every connection. */
  cut(): void;
}

/** How a {@link Gate} treats what comes. */
export interface GateOptions {
  /** Answers requests for a WebSocket with 403, like a proxy that knows none. */
  readonly isHttpOnly?: boolean;
}

/** Opens a gate until the test has finished. */
export async function openGate(server: string, options: GateOptions = {}): Promise<Gate> {
  const { port, pathname } = new URL(server);
  const links = new Map<Socket, Socket>();
  let isStalled = false;
  let received = 0;
  const proxy = createServer((client) => {
    const upstream = connect({ port: Number(port), host: "127.0.0.1" });
    links.set(client, upstream);
    if (isStalled) upstream.pause();
    upstream.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (!client.write(bytes)) upstream.pause();
    });
    client.on("drain", () => isStalled || upstream.resume());
    client.on("data", (bytes: Buffer) => {
      const isRefused = options.isHttpOnly && /upgrade: websocket/i.test(bytes.toString("latin1"));
      if (isRefused) client.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      else upstream.write(bytes);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        links.delete(client);
        other.destroy();
      });
    }
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const cut = () => {
    for (const client of links.keys()) client.resetAndDestroy();
  };
  onTestFinished(() => {
    proxy.close();
    cut();
  });
  const address = proxy.address() as AddressInfo; // a TCP server has no other address
  return {
    url: `ws://127.0.0.1:${address.port}${pathname}`,
    get received() {
      return received;
    },
    stall() {
      isStalled = true;
      for (const upstream of links.values()) upstream.pause();
    },
    release() {
      isStalled = false;
      for (const upstream of links.values()) upstream.resume();
    },
    cut,
  };
}
