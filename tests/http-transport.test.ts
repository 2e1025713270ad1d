import { connect, type Wire } from "@deltawire/client";
import { createServer, type Server } from "@deltawire/server";
import { afterEach, expect, test } from "vitest";

// The whole of the client's HTTP transport, against a server that listens on a port.

const open: (Wire | Server)[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function setUp(token?: string): Promise<{ server: Server; url: string }> {
  const authenticate = ({ token: shown }: { readonly token?: string }) =>
    shown === token ? { id: "somebody" } : undefined;
  const server = createServer(token === undefined ? {} : { authenticate });
  open.push(server);
  const { url } = await server.listen({ port: 0 });
  return { server, url };
}

function over(url: string, options: Parameters<typeof connect>[1] = {}): Wire {
  const wire = connect(url, { transport: "http", throttle: 0, ...options });
  open.push(wire);
  return wire;
}

/** A WebSocket where a proxy lets none through. */
class Blocked extends EventTarget {
  static made = 0;
  binaryType = "";
  protocol = "";
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    super();
    Blocked.made += 1;
    setTimeout(() => this.onclose?.({ code: 1006, reason: "" }), 1);
  }

  send(): void {}
  close(): void {}
}

test("what is written over HTTP is read over HTTP, and over a WebSocket", async () => {
  const { url } = await setUp();
  const [writer, reader, socket] = [over(url), over(url), over(url, { transport: "websocket" })];
  const readers = [reader, socket].map((wire) => wire.channel("c/é ?"));
  for (const channel of readers) channel.subscribe(() => undefined);
  const reply = writer.channel("c/é ?").write("m");
  for (let i = 0; i < 50; i++) reply.append(`${i} `);
  await writer.channel("c/é ?").flush();
  reply.bytes("b").append(new Uint8Array([1, 2, 255]));
  await reply.complete();
  for (const channel of readers) {
    await expect.poll(() => channel.state.message("m")?.status).toBe("completed");
    expect(channel.state.message("m")?.text).toBe([...Array(50).keys()].join(" ").concat(" "));
    expect(channel.status).toEqual({ is: "live" });
  }
  expect(writer.status).toEqual({ is: "live" });
});

test("windows and commands go over it", async () => {
  const { url } = await setUp();
  const writer = over(url).channel("c");
  for (let i = 0; i < 10; i++) await writer.write(`m${i}`).append(`${i}`).complete();
  writer.onCommand("add", (value) => Number(value) + 1);
  const reader = over(url).channel("c", { last: 3 });
  reader.subscribe(() => undefined);
  await expect.poll(() => reader.isLive).toBe(true);
  expect(reader.state.messages.map(({ id }) => id)).toEqual(["m7", "m8", "m9"]);
  expect(reader.state.earlier).toBe(7);
  await reader.earlier(5);
  expect(reader.state.messages).toHaveLength(8);
  expect(await reader.command("add", 41)).toBe(42);
});

test("it is what is used where WebSockets are blocked", async () => {
  const { url } = await setUp();
  const wire = over(url, { transport: "auto", WebSocket: Blocked as never });
  await wire.channel("c").write("m").append("through").complete();
  expect(Blocked.made).toBe(2);
  expect(wire.status).toEqual({ is: "live" });
});

test("a token goes in a header; without one it stops", async () => {
  const { url } = await setUp("secret");
  const wire = over(url, { token: "secret" });
  const channel = wire.channel("c");
  channel.subscribe(() => undefined);
  await wire.channel("c").write("m").append("mine").complete();
  await expect.poll(() => channel.state.message("m")?.text).toBe("mine");
  const stranger = over(url);
  stranger.channel("c").subscribe(() => undefined);
  await expect.poll(() => stranger.status.is).toBe("stopped");
  expect(stranger.channel("c").error).toMatchObject({ code: "unauthorized" });
});

test("a server that comes back is found again, and writing goes on", async () => {
  const { server, url } = await setUp();
  const wire = over(url);
  const channel = wire.channel("c");
  channel.subscribe(() => undefined);
  const reply = channel.write("m").append("before");
  await channel.flush();
  await expect.poll(() => channel.isLive).toBe(true);
  await server.close();
  await expect.poll(() => wire.status.is).toBe("offline");
  reply.append(", after");
  const again = createServer();
  open.push(again);
  await again.listen({ port: Number(new URL(url).port) });
  wire.retry();
  await reply.complete();
  await expect.poll(() => channel.state.message("m")?.text).toBe("before, after");
  expect(channel.status).toEqual({ is: "live" });
}, 30_000);
