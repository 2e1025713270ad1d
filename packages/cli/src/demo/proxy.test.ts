import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Direction } from "./direction.js";
import { type ProxiedMessage, startProxy, type TrafficProxy } from "./proxy.js";

const REQUEST = "GET /wire HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n";
const RESPONSE = "HTTP/1.1 101 Switching Protocols\r\nX: \r\r\n\r\n";
const PING = Buffer.from([0x89, 0x01, 0x41]);
const HELLO = Buffer.from([0x81, 0x05, ...Buffer.from("Hello")]);
const MASKED = Buffer.from([0x82, 0x82, 1, 2, 3, 4, 0x41 ^ 1, 0x42 ^ 2]);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy before a server that is given, and all messages that it has seen. */
async function proxied(onSocket: (socket: Socket) => void) {
  const messages: [Direction, ProxiedMessage][] = [];
  const port = await listen(onSocket);
  const proxy = await startProxy({ port, onMessage: (...seen) => messages.push(seen) });
  ends.push(() => proxy.close());
  return { proxy, messages };
}

function client({ port }: TrafficProxy): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  socket.on("error", () => {});
  ends.push(() => socket.destroy());
  return socket;
}

async function received(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  while (Buffer.concat(chunks).length < length) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closed(socket: Socket): Promise<"reset" | "closed"> {
  socket.resume();
  return new Promise((done) => socket.on("close", (error) => done(error ? "reset" : "closed")));
}

/** Writes each byte in a turn of its own, so that it is likely to travel alone. */
async function writeSlowly(socket: Socket, data: Buffer): Promise<void> {
  for (const byte of data) {
    socket.write(Uint8Array.of(byte));
    await new Promise((turn) => setImmediate(turn));
  }
}

describe("startProxy", () => {
  it.each([
    ["in one piece", async (socket: Socket, data: Buffer) => void socket.write(data)],
    ["byte by byte", writeSlowly],
  ])("passes everything on and counts what follows the upgrade, %s", async (_, write) => {
    const down = Buffer.concat([Buffer.from(RESPONSE), HELLO, PING]);
    const up = Buffer.concat([Buffer.from(REQUEST), MASKED]);
    const arrived: Buffer[] = [];
    const { proxy, messages } = await proxied(async (socket) => {
      arrived.push(await received(socket, REQUEST.length));
      await write(socket, down);
      arrived.push(await received(socket, MASKED.length));
      socket.end();
    });
    const socket = client(proxy);
    await write(socket, Buffer.from(REQUEST));
    expect(await received(socket, down.length)).toEqual(down);
    await write(socket, MASKED);
    await once(socket, "end");
    socket.end();

    expect(Buffer.concat(arrived)).toEqual(up);
    expect(proxy.up).toEqual({
      handshake: REQUEST.length,
      body: 0,
      bytes: 8,
      messages: 1,
      controls: 0,
    });
    expect(proxy.down).toEqual({
      handshake: RESPONSE.length,
      body: 0,
      bytes: 10,
      messages: 1,
      controls: 1,
    });
    const common = { connection: 0 };
    expect(messages).toEqual([
      [
        "down",
        {
          ...common,
          opcode: 1,
          header: 2,
          length: 5,
          total: 7,
          end: 7,
          first: Uint8Array.from(Buffer.from("Hello")),
        },
      ],
      [
        "down",
        {
          ...common,
          opcode: 9,
          header: 2,
          length: 1,
          total: 3,
          end: 10,
          first: Uint8Array.of(0x41),
        },
      ],
      [
        "up",
        {
          ...common,
          opcode: 2,
          header: 6,
          length: 2,
          total: 8,
          end: 8,
          first: Uint8Array.of(0x41, 0x42),
        },
      ],
    ]);
  });

  it("counts a refused upgrade as handshake, body and all", async () => {
    const refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nNo!\n";
    const { proxy, messages } = await proxied((socket) => {
      socket.once("data", () => socket.end(refusal));
    });
    const socket = client(proxy);
    socket.end(REQUEST);
    expect(String(await received(socket, refusal.length))).toBe(refusal);
    expect(proxy.down).toEqual({
      handshake: refusal.length,
      body: 4,
      bytes: 0,
      messages: 0,
      controls: 0,
    });
    expect(messages).toEqual([]);
  });

  it("tells a stream that is not WebSocket", async () => {
    const { proxy } = await proxied((socket) => {
      socket.once("data", () => socket.end(`${RESPONSE}plain text`));
    });
    const socket = client(proxy);
    socket.end(REQUEST);
    await received(socket, RESPONSE.length + 10);
    expect(proxy.down.broken).toMatch(/reserved|inside/);
    expect(proxy.down.bytes).toBe(10);
  });

  it("numbers its connections and adds them up", async () => {
    const { proxy, messages } = await proxied((socket) => {
      socket.once("data", () => socket.write(Buffer.concat([Buffer.from(RESPONSE), HELLO])));
    });
    for (let n = 0; n < 3; n++) {
      const socket = client(proxy);
      socket.write(REQUEST);
      await received(socket, RESPONSE.length + HELLO.length);
    }
    expect(proxy.connections).toBe(3);
    expect(proxy.down).toMatchObject({ bytes: 21, messages: 3 });
    expect(messages.map(([, { connection, end }]) => [connection, end])).toEqual([
      [0, 7],
      [1, 7],
      [2, 7],
    ]);
  });

  it("passes a half-close on and leaves the other direction open", async () => {
    const { proxy } = await proxied(async (socket) => {
      socket.resume();
      await once(socket, "end");
      socket.end("after the end");
    });
    const socket = client(proxy);
    socket.end("last words");
    expect(String(await received(socket, 13))).toBe("after the end");
  });

  it("resets the client when the server resets", async () => {
    const { proxy } = await proxied((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const socket = client(proxy);
    socket.write(REQUEST);
    expect(await closed(socket)).toBe("reset");
  });

  it("resets the server when the client resets", async () => {
    let end: Promise<string> | undefined;
    const { proxy } = await proxied((socket) => {
      end = closed(socket);
      socket.write("hello");
    });
    const socket = client(proxy);
    await received(socket, 5);
    socket.resetAndDestroy();
    expect(await end).toBe("reset");
  });

  it("resets the client when there is no server", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    const proxy = await startProxy({ port });
    ends.push(() => proxy.close());
    expect(await closed(client(proxy))).toBe("reset");
  });

  it("does not read faster than the slower side", async () => {
    const total = 256 * 1024 * 1024;
    let written = 0;
    const { proxy } = await proxied((socket) => {
      socket.write(RESPONSE);
      const chunk = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (written < total && socket.write(chunk)) written += chunk.length;
      };
      socket.on("drain", more);
      more();
    });
    const socket = client(proxy);
    await once(socket, "connect");
    socket.pause();
    let before = -1;
    while (before !== proxy.down.bytes || before <= 0) {
      before = proxy.down.bytes;
      await new Promise((later) => setTimeout(later, 100)); // for the kernel's buffers to fill
    }
    expect(before).toBeLessThan(total / 4);
  });

  it("resets both sides when it is told to cut, and takes who comes back", async () => {
    const ended: Promise<string>[] = [];
    const { proxy } = await proxied((socket) => {
      ended.push(closed(socket));
      socket.write("hello");
    });
    const socket = client(proxy);
    await received(socket, 5);
    const here = closed(socket);
    expect(proxy.cut()).toBe(1);
    expect([await here, await ended[0]]).toEqual(["reset", "reset"]);
    expect(proxy.cut()).toBe(0);
    await received(client(proxy), 5);
    expect(proxy.connections).toBe(2);
  });

  it("cuts its connections when it is closed", async () => {
    const { proxy } = await proxied((socket) => socket.resume());
    const socket = client(proxy);
    socket.resume();
    await once(socket, "connect");
    await proxy.close();
    if (!socket.readableEnded) await once(socket, "end");
    await expect(once(client(proxy), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
