import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Faults } from "./faults.js";
import { startProxy, type TrafficProxy } from "./proxy.js";

// What the network does to real sockets.

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: 10 });

/** A server whose sockets are kept. */
async function listen(): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** What a client has received, and how its connection has ended. */
interface Client {
  readonly socket: Socket;
  bytes: number;
  end?: "closed" | "reset";
}

function client({ port }: TrafficProxy): Client {
  const socket = connect({ port, host: "127.0.0.1" });
  const client: Client = { socket, bytes: 0 };
  socket.on("error", () => undefined);
  socket.on("data", ({ length }) => {
    client.bytes += length;
  });
  socket.on("close", (error) => {
    client.end = error ? "reset" : "closed";
  });
  ends.push(() => socket.destroy());
  return client;
}

async function connected() {
  const { port, sockets } = await listen();
  const faults = new Faults();
  const proxy = await startProxy({ port: () => port, faults });
  ends.push(() => proxy.close());
  const one = client(proxy);
  await until(() => expect(sockets).toHaveLength(1));
  const [server] = sockets;
  if (!server) throw new Error("nobody came");
  return { proxy, faults, server, sockets, ...{ client: one } };
}

describe("a proxy with faults", () => {
  it("passes nothing on while it is stalled, keeps the connection, and loses nothing", async () => {
    const { proxy, faults, server, client } = await connected();
    server.write("before");
    await until(() => expect(client.bytes).toBe(6));
    faults.set("stalled");
    const passed = () => proxy.down.handshake + proxy.down.bytes;
    const before = passed();
    const written = 20 * 1024 * 1024;
    const isThrough = new Promise<boolean>((done) =>
      server.write(Buffer.alloc(written), () => done(true)),
    );
    client.socket.write("still heard");
    await once(server, "data");
    expect([passed(), client.bytes, client.end]).toEqual([before, 6, undefined]);
    expect(server.writableLength).toBe(written); // its sender keeps it
    faults.set("live");
    expect(await isThrough).toBe(true);
    await until(() => expect(client.bytes).toBe(6 + written));
  });

  it("resets the server where a stalled client leaves", async () => {
    const { proxy, faults, server, client } = await connected();
    server.resume();
    faults.set("stalled");
    const closed = new Promise((done) => server.on("close", done));
    client.socket.end();
    await closed;
    await until(() => expect(proxy.open).toBe(0));
  });

  it("passes slowly what is written at once", async () => {
    const { faults, server, client } = await connected();
    faults.set("slow");
    const startedAt = performance.now();
    server.write(Buffer.alloc(100_000));
    await until(() => expect(client.bytes).toBeGreaterThan(600));
    // 2,000 bytes a second and a piece in advance; what is late only makes it less.
    const seconds = (performance.now() - startedAt) / 1000;
    expect(client.bytes).toBeLessThanOrEqual(400 + 2000 * seconds);
    faults.set("live");
    await until(() => expect(client.bytes).toBe(100_000));
  });

  it("resets who is there when it is cut, refuses who comes, and takes them when it is live", async () => {
    const { proxy, faults, server, sockets, client: one } = await connected();
    const reset = new Promise((done) => server.on("close", done));
    server.resume();
    faults.set("cut");
    await until(() => expect(one.end).toBe("reset"));
    await reset;
    const two = client(proxy);
    await until(() => expect(two.end).toBe("reset"));
    expect([sockets.length, proxy.connections, proxy.open]).toEqual([1, 1, 0]);
    faults.set("live");
    client(proxy);
    await until(() => expect(sockets).toHaveLength(2));
  });

  it("asks where the server is with each connection", async () => {
    const [first, second] = [await listen(), await listen()];
    let { port } = first;
    const proxy = await startProxy({ port: () => port });
    ends.push(() => proxy.close());
    client(proxy);
    await until(() => expect(first.sockets).toHaveLength(1));
    port = second.port;
    client(proxy);
    await until(() => expect(second.sockets).toHaveLength(1));
  });
});
