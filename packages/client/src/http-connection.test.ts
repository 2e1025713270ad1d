import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CLOSE_CODES, type Frame } from "@deltawire/spec";
import { beforeEach, describe, expect, type MockedObject, test, vi } from "vitest";
import type { ConnectionHost } from "./connection.js";
import { HttpChannel } from "./http-channel.js";
import { HttpConnection } from "./http-connection.js";
import { append, changes, snapshot } from "./testing/frames.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";

/** A request that a test answers. */
interface Asked {
  readonly url: URL;
  readonly init: RequestInit;
  answer(response: Response): Promise<void>;
  /** Answers with a stream of events; what it returns writes more of it. */
  stream(): (text: string) => Promise<void>;
  fail(): Promise<void>;
}

const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};
const json = (body: unknown, status = 200) => Response.json(body, { status });
const subscribe = (channel: string, request = 1): Frame => ({
  type: "subscribe",
  channel,
  request,
});
const event = (frame: object) => `data: ${JSON.stringify(frame)}\n\n`;

let asked: Asked[];
let platform: VirtualPlatform;
let host: MockedObject<ConnectionHost>;
let connection: HttpConnection;

beforeEach(() => {
  asked = [];
  platform = new VirtualPlatform((url, init = {}) => {
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      const answer = (response: Response) => {
        resolve(response);
        return settle();
      };
      const stream = () => {
        let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
        const body = new ReadableStream<Uint8Array>({
          start: (given) => {
            controller = given;
          },
        });
        init.signal?.addEventListener("abort", () => controller?.error(init.signal?.reason));
        resolve(new Response(body));
        return async (text: string) => {
          controller?.enqueue(new TextEncoder().encode(text));
          await new Promise((done) => setImmediate(done));
        };
      };
      const fail = () => {
        reject(new TypeError("fetch failed"));
        return settle();
      };
      asked.push({ url: new URL(String(url)), init, answer, stream, fail });
    });
  });
  const heard = {
    opened: vi.fn(),
    passed: vi.fn(),
    welcomed: vi.fn(),
    receive: vi.fn(),
    unreadable: vi.fn(),
    lost: vi.fn(),
  };
  host = { ...heard, replicaOf: vi.fn() };
  connection = new HttpConnection({ url: "wss://host/wire?x=1", token: "t" }, platform, host);
  connection.open();
  platform.clock.advance(0);
});

const bodyOf = ({ init }: Asked) => JSON.parse(String(init.body));

test("L40: channels that were left leave nothing; one that is written stays", async () => {
  const sent = new Map<string, WeakRef<HttpChannel>>();
  const { send } = HttpChannel.prototype;
  HttpChannel.prototype.send = function (frame) {
    sent.set(frame.channel, new WeakRef(this));
    send.call(this, frame);
  };
  connection.send({ type: "produce", channel: "written", producer: "p" });
  for (const channel of ["written", "left"]) {
    connection.send(subscribe(channel));
    connection.send({ type: "unsubscribe", channel });
  }
  HttpChannel.prototype.send = send;
  asked.length = 0;
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  await vi.waitFor(() => {
    collect();
    expect(sent.get("left")?.deref() === undefined).toBe(true); // an error would hold it
  });
  expect(sent.get("written")?.deref()).toBeDefined();
});

describe("what is posted", () => {
  test("goes one request at a time a channel: what comes meanwhile goes into the next", async () => {
    expect(host.opened).toHaveBeenCalledOnce();
    connection.send({ type: "produce", channel: "c/1", producer: "p", instance: "i" });
    connection.send({ type: "produce", channel: "d", producer: "p" });
    expect(asked.map(({ url }) => url.href)).toEqual([
      "https://host/wire/channels/c%2F1?x=1",
      "https://host/wire/channels/d?x=1",
    ]);
    expect(asked[0]?.init.headers).toMatchObject({ authorization: "Bearer t" });
    connection.send({ ...changes(0, append("m", 0, "a")), channel: "c/1" });
    connection.send({ ...changes(1, append("m", 1, "b")), channel: "c/1" });
    const producing = {
      type: "producing",
      channel: "c/1",
      producer: "p",
      epoch: "e",
      seq: 0,
      token: 7,
    };
    await asked[0]?.answer(json({ frames: [producing] }));
    expect(host.welcomed).toHaveBeenCalledOnce();
    expect(host.receive.mock.calls).toEqual([[producing]]);
    const [serving, next] = asked.slice(2);
    expect(serving?.url.pathname).toBe("/wire/channels/c%2F1/events");
    expect(serving?.url.search).toBe("?x=1&follow=0&producer=p&token=7");
    expect(bodyOf(next as Asked)).toMatchObject({ producer: "p", instance: "i", token: 7 });
    expect(bodyOf(next as Asked).frames).toHaveLength(2);
  });

  test("and refused says so to that channel", async () => {
    connection.send(changes(0, append("m", 0, "a")));
    const error = { code: "forbidden", message: "not yours" };
    await asked[0]?.answer(json({ error }, 403));
    expect(host.receive).toHaveBeenCalledWith({ type: "error", channel: "c", ...error });
    expect(host.lost).not.toHaveBeenCalled();
  });

  test.each<[string, (request: Asked) => Promise<void>, number]>([
    ["no network", (request) => request.fail(), 1006],
    ["no Deltawire there", (request) => request.answer(json({}, 404)), 1006],
    ["a proxy's page", (request) => request.answer(new Response("<html>")), 1006],
    ["no token", (request) => request.answer(json({ error: { code: "unauthorized" } }, 401)), 4401],
    [
      "a server that closes",
      (request) => request.answer(json({ error: { code: "going_away" } }, 503)),
      1001,
    ],
    ["no answer", async () => platform.clock.advance(30_000), 1006],
  ])("and not answered loses the connection, once: %s", async (_what, answer, code) => {
    connection.send(changes(0, append("m", 0, "a")));
    connection.send(subscribe("d"));
    await answer(asked[0] as Asked);
    expect(host.lost.mock.calls).toMatchObject([[{ code }]]);
    expect(asked.every(({ init }) => init.signal?.aborted)).toBe(true);
    await asked[1]?.fail();
    connection.send(subscribe("e"));
    expect(asked).toHaveLength(2);
    expect(host.lost).toHaveBeenCalledOnce();
    expect(platform.clock.pending).toBe(0);
  });
});

describe("what is followed", () => {
  test("comes as events, from the version that is held", async () => {
    connection.send({ type: "subscribe", channel: "c", request: 4, epoch: "e:ü", seq: 7, last: 5 });
    const [first] = asked;
    expect(first?.url.searchParams.get("since")).toBe("e%3A%C3%BC:7");
    expect(first?.url.search).toContain("request=4&");
    expect(first?.url.searchParams.get("last")).toBe("5");
    const write = first?.stream();
    await write?.(event({ type: "welcome", version: 1, durability: "memory", expires_in: 9 }));
    expect(host.welcomed).toHaveBeenCalledWith(9);
    await write?.(event(snapshot(4, 9)) + event({ type: "presence" }));
    expect(host.receive.mock.calls).toEqual([[snapshot(4, 9)]]);
    connection.send(subscribe("c", 5)); // a repair: a new stream in place of the old one
    expect(first?.init.signal?.aborted).toBe(true);
    connection.send({ type: "unsubscribe", channel: "c" });
    expect(asked[1]?.init.signal?.aborted).toBe(true);
    connection.close();
    expect(platform.clock.pending).toBe(0);
    expect(host.lost).not.toHaveBeenCalled();
  });

  test("and refused concerns that channel, and the request", async () => {
    connection.send(subscribe("c", 3));
    connection.send(subscribe("d"));
    const error = { code: "overloaded", message: "full" };
    await asked[0]?.answer(json({ error }, 503));
    const told = { type: "error", channel: "c", request: 3, ...error };
    expect(host.receive).toHaveBeenCalledWith(told);
    const write = asked[1]?.stream();
    await write?.(
      event({ type: "error", channel: "d", request: 1, code: "forbidden", message: "" }),
    );
    await write?.('event: close\ndata: {"code":1000,"reason":"not allowed"}\n\n');
    expect(host.lost).not.toHaveBeenCalled();
  });

  test("and cannot be read is asked for again", async () => {
    connection.send(subscribe("c", 3));
    await asked[0]?.stream()("data: {\n\n");
    const told = { type: "error", channel: "c", request: 3, code: "internal" };
    expect(host.receive).toHaveBeenCalledWith(expect.objectContaining(told));
    expect(asked[0]?.init.signal?.aborted).toBe(true);
  });

  test.each([
    [CLOSE_CODES.unauthorized, CLOSE_CODES.unauthorized],
    [CLOSE_CODES.going_away, CLOSE_CODES.going_away],
    [CLOSE_CODES.normal, 1006], // the end of a stream is not that of what a user wants
  ])("and closed with %i loses the connection with %i", async (code, known) => {
    connection.send(subscribe("c"));
    const write = asked[0]?.stream();
    await write?.(event({ type: "goodbye", reason: "deploy", retry_after: 800 }));
    await write?.(`event: close\ndata: ${JSON.stringify({ code, reason: "bye" })}\n\n`);
    expect(host.lost.mock.calls).toMatchObject([[{ code: known, retryAfter: 800 }]]);
  });

  test("and silent for too long is lost; a comment is a sign of life", async () => {
    connection.send(subscribe("c"));
    const write = asked[0]?.stream();
    for (let i = 0; i < 10; i++) {
      await write?.(":\n\n");
      platform.clock.advance(20_000);
    }
    expect(host.lost).not.toHaveBeenCalled();
    platform.clock.advance(10_000);
    expect(host.lost.mock.calls).toMatchObject([[{ code: 1006 }]]);
  });
});

test("another token is for what is asked from now on, and everything is asked anew", () => {
  connection.send({ type: "authenticate", token: "u" });
  expect(host.opened).toHaveBeenCalledTimes(2);
  connection.send(subscribe("c"));
  expect(asked[0]?.init.headers).toMatchObject({ authorization: "Bearer u" });
  connection.probe(); // the only way to find out
  expect(host.opened).toHaveBeenCalledTimes(3);
});
