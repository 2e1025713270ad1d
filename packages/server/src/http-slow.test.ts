import { once } from "node:events";
import { createServer as createHttpServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { apply, type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import type { ChangesFrame, Frame } from "@deltawire/spec";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Followers } from "./followers.js";
import { createServer } from "./server.js";
import { added, append, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";
import { plain } from "./testing/pair.js";

/** What may wait: up to the mark, and one frame or chunk above it. */
const BOUND = 16 * 1024 + 40 * 1024;

/** Frames of 4 KB that make a channel grow by 8 MB. */
const FRAMES = 2000;
const TEXT = "0123456789abcdef".repeat(256);
const grown = (from: number): ChangesFrame => frame(from, append("m", (from - 1) * 4096, TEXT));

/** A replica that takes what a reader of events gets. */
class Replica {
  state: ChannelState | undefined;
  readonly #assembly = new SnapshotAssembly();

  take(next: Frame): void {
    if (next.type === "snapshot") this.state = this.#assembly.add(next) ?? this.state;
    if (next.type === "changes" && this.state) this.state = apply(this.state, next);
  }
}

afterEach(() => vi.restoreAllMocks());

describe("a reader of events that does not read", () => {
  test("costs what is below the mark while the channel grows by megabytes, then ends equal", async () => {
    const server = new HttpServer();
    const write = server.writer();
    write(frame(0, added("m")));
    let queued = 0;
    const { enqueue } = ReadableStreamDefaultController.prototype;
    vi.spyOn(ReadableStreamDefaultController.prototype, "enqueue").mockImplementation(function (
      this: ReadableStreamDefaultController<Uint8Array>,
      chunk: Uint8Array,
    ) {
      queued += chunk.length;
      enqueue.call(this, chunk);
      expect(queued).toBeLessThan(BOUND);
    });
    const events = await server.events("/channels/c/events", {}, (bytes) => {
      queued -= bytes;
    });
    for (let i = 1; i <= FRAMES; i++) write(grown(i));
    const replica = new Replica();
    while (replica.state?.seq !== server.channel().state.seq) replica.take(await events.frame());
    write(grown(FRAMES + 1));
    replica.take(await events.frame());
    expect(plain(replica.state)).toEqual(plain(server.channel().state));
    expect(server.defects).toEqual([]);
    await events.cancel();
  });

  test("does not fill the buffers of its connection either", async () => {
    const server = createServer();
    const http = createHttpServer();
    server.attach(http);
    const sockets: Socket[] = [];
    http.on("connection", (socket: Socket) => sockets.push(socket));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const channel = server.channel("c", { throttle: 0 });
    const message = channel.write("m");
    const request = get({ port, path: "/wire/channels/c/events" });
    const [answer]: IncomingMessage[] = (await once(request, "response")) as [IncomingMessage];
    for (let i = 0; i < 2 * FRAMES; i++) {
      message.append(TEXT);
      await new Promise((resolve) => setImmediate(resolve));
      for (const { writableLength } of sockets) expect(writableLength).toBeLessThan(2 * BOUND);
    }
    await channel.write("n").append("the end").complete();
    const replica = new Replica();
    let rest = "";
    answer?.setEncoding("utf8");
    for await (const text of answer ?? []) {
      const events = (rest + text).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data) replica.take(JSON.parse(data.slice(6)));
      }
      if (replica.state?.message("n")?.isFinal) break;
    }
    expect(plain(replica.state)).toEqual(plain(channel.state));
    await server.close();
    http.close();
  });
});

test("a defect ends the events: nobody waits for what does not come", async () => {
  const server = new HttpServer();
  server.writer()(frame(0, added("m")));
  vi.spyOn(Followers.prototype, "passage").mockImplementation(() => {
    throw new TypeError("a defect");
  });
  const events = await server.events();
  await expect(events.rest()).rejects.toMatchObject({ code: "internal" });
  expect([...server.channel().subscriptions]).toEqual([]);
  expect(server.defects).toHaveLength(1);
});

test("a poll that waits is one answer, however much comes, and holds nothing", async () => {
  const server = new HttpServer();
  const write = server.writer();
  write(frame(0, added("m")));
  const polled = server.fetch("/channels/c?since=e:1&wait=60000");
  await vi.waitFor(() => expect([...server.channel().subscriptions]).toHaveLength(1));
  for (let i = 1; i <= FRAMES; i++) write(grown(i));
  server.clock.advance(0);
  const replica = new Replica();
  replica.take(await (await polled).json());
  expect(plain(replica.state)).toEqual(plain(server.channel().state));
  expect([...server.channel().subscriptions]).toEqual([]);
});

test("a poll that has gone before it waits is not waited for", async () => {
  const server = new HttpServer({ authorize: async () => true });
  const write = server.writer();
  write(frame(0, added("m")));
  const gone = new AbortController();
  const request = server.fetch("/channels/c?since=e:1&wait=60000", { signal: gone.signal });
  gone.abort();
  await request;
  expect([...server.channel().subscriptions]).toEqual([]);
  server.clock.advance(1000); // a checkpoint
  expect(server.clock.pending).toBe(0);
});
