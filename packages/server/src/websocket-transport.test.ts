import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "./clock.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { TestServer } from "./testing/pair.js";
import { RawClient } from "./testing/raw-client.js";
import { WebSocketEndpoint } from "./websocket.js";
import { WebSocketTransport } from "./websocket-transport.js";

let server: TestServer;
let endpoint: WebSocketEndpoint;
let http: Server;
let url: string;
let sockets: Socket[];

async function start(heartbeat?: number): Promise<void> {
  server = new TestServer();
  const host = heartbeat === undefined ? server.host : { ...server.host, clock: systemClock };
  http = createServer();
  sockets = [];
  http.on("connection", (socket: Socket) => sockets.push(socket));
  endpoint = new WebSocketEndpoint(host, "/wire", heartbeat === undefined ? {} : { heartbeat });
  endpoint.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/wire`;
}

beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await endpoint.close("the test is over", 0);
  http.close();
});

/** What waits in this process for the clients. */
const waiting = (): number => sockets.reduce((sum, socket) => sum + socket.writableLength, 0);

function writer(): (text: string) => void {
  const { token } = atOnce(
    server.channel().attach("p", { fence: () => undefined, lose: () => undefined }),
  );
  let seq = 0;
  let length = 0;
  return (text) => {
    const change = seq === 0 ? added("m", text) : append("m", length, text);
    atOnce(server.channel().append("p", token, frame(seq, change)));
    length += text.length;
    seq += 1;
  };
}

describe.each(["json", "msgpack"] as const)("a client that does not read (%s)", (codec) => {
  test("costs little, whatever the channel's size, and is whole when it has read", async () => {
    const write = writer();
    write("A line of text, and one more.\n".repeat(700_000)); // 21 MB
    const client = await RawClient.open(url, codec);
    client.tcp.pause();
    client.send({ type: "subscribe", channel: "c", request: 1 });
    await expect.poll(waiting, { timeout: 5000 }).toBeGreaterThan(10_000);
    for (let i = 0; i < 200; i++) {
      write("and more, for as long as it takes. ".repeat(10));
      if (i % 20 === 0) await wait(1);
    }
    expect(waiting()).toBeLessThan(64 * 1024);
    client.tcp.resume();
    const { seq } = server.channel().state;
    const at = () => {
      const last = client.frames.at(-1);
      if (last?.type === "changes") return last.to;
      return last?.type === "snapshot" && !last.more ? last.seq : undefined;
    };
    await expect.poll(at, { timeout: 15_000 }).toBe(seq);
    write("live");
    await expect.poll(at).toBe(seq + 1);
    expect(client.frames.at(-1)).toMatchObject({ from: seq });
  }, 30_000);
});

test("a burst larger than the mark reaches who reads, in part composed", async () => {
  const write = writer();
  write("");
  const client = await RawClient.open(url);
  client.send({ type: "subscribe", channel: "c", request: 1 });
  await client.next("snapshot");
  for (let i = 0; i < 1000; i++) write("x".repeat(50)); // in one turn
  const changes = () => client.frames.flatMap((f) => (f.type === "changes" ? [f] : []));
  await expect.poll(() => changes().at(-1)?.to).toBe(1001);
  let version = 1;
  for (const { from, to } of changes()) {
    expect(from).toBe(version);
    version = to;
  }
  expect(changes().length).toBeLessThan(1000);
});

test("a client that asks and does not read is cut off, and forgotten", async () => {
  const client = await RawClient.open(url, "json");
  client.tcp.pause();
  const note = "x".repeat(16_000);
  const open = () => sockets.some(({ destroyed }) => !destroyed);
  for (let i = 0; i < 2000 && open(); i++) {
    client.send({ type: "subscribe", channel: note, request: i }); // refused: its name is too long
    if (i % 50 === 0) await wait(1);
  }
  await expect.poll(open, { timeout: 5000 }).toBe(false);
}, 20_000);

test("a client that pings, and its transport knows of the answer", async () => {
  const answered = vi.spyOn(WebSocketTransport.prototype, "answered");
  const client = await RawClient.open(url);
  client.socket.ping("there?");
  expect(String((await once(client.socket, "pong"))[0])).toBe("there?");
  expect(answered).toHaveBeenCalledOnce();
  answered.mockRestore();
});

describe("a client that is silent", () => {
  test("L28: is asked; one that does not answer is gone soon, one that does stays", async () => {
    await endpoint.close("start anew", 0);
    http.close();
    await start(100);
    const [dead, alive] = [await RawClient.open(url), await RawClient.open(url)];
    alive.socket.on("message", () => {
      if (alive.frames.at(-1)?.type === "ping") alive.send({ type: "pong" });
    });
    const [first, second] = sockets;
    expect((await alive.next("ping")).type).toBe("ping");
    await once(first as Socket, "close");
    expect((await dead.closed).code).toBe(1006);
    await wait(300);
    expect(second?.destroyed).toBe(false);
  });
});
