import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Direction } from "./direction.js";
import { type ProxiedMessage, startProxy } from "./proxy.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe("startProxy, between two ends of another implementation", () => {
  it("sees each message as it was sent", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    ends.push(() => server.close());
    await once(server, "listening");
    const seen: [Direction, ProxiedMessage][] = [];
    const proxy = await startProxy({
      port: (server.address() as AddressInfo).port,
      onMessage: (...message) => seen.push(message),
    });
    ends.push(() => proxy.close());

    server.on("connection", (socket) => {
      socket.on("message", (data, binary) => socket.send(data, { binary }));
    });
    const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/`);
    await once(client, "open");
    const sizes = [0, 1, 64, 65, 125, 126, 1000, 65535, 65536, 300_000];
    for (const size of sizes) {
      const data = Buffer.alloc(size, `${size},`);
      client.send(data);
      const [echo] = (await once(client, "message")) as [Buffer];
      expect(echo.equals(data)).toBe(true);
    }
    client.send("frag", { fin: false });
    client.ping("p");
    client.send("mented 漢字");
    expect(String((await once(client, "message"))[0])).toBe("fragmented 漢字");
    client.close(1000, "done");
    await once(client, "close");

    for (const direction of ["up", "down"] as const) {
      const messages = seen.filter(([to]) => to === direction).map(([, message]) => message);
      const data = messages.filter(({ opcode }) => opcode === 2);
      expect(data.map(({ length }) => length)).toEqual(sizes);
      for (const { length, header, first } of data) {
        const mask = direction === "up" ? 4 : 0;
        expect(header).toBe((length < 126 ? 2 : length < 65536 ? 4 : 10) + mask);
        const begin = Buffer.alloc(length, `${length},`).subarray(0, 64);
        expect(Buffer.from(first).equals(begin)).toBe(true);
      }
      const [text] = messages.filter(({ opcode }) => opcode === 1);
      expect(Buffer.from(text?.first ?? []).toString()).toBe("fragmented 漢字");
      const { bytes, broken } = proxy[direction];
      expect(broken).toBeUndefined();
      expect(bytes).toBe(messages.reduce((sum, { total }) => sum + total, 0));
      expect(bytes).toBe(messages.at(-1)?.end);
      expect(messages.at(-1)?.opcode).toBe(8);
    }
    expect(proxy.up).toMatchObject({ messages: sizes.length + 1, controls: 2 });
    expect(proxy.down).toMatchObject({ messages: sizes.length + 1, controls: 2 });
  });
});
