import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type RequestHandler, takeRequests } from "./node-http.js";

let http: Server;
let url: string;
let handle: RequestHandler;
let release: () => void;
const defects: unknown[] = [];

beforeEach(async () => {
  http = createServer((_request, response) => response.end("the application"));
  const isOurs = (path: string) => path === "/wire" || path.startsWith("/wire/");
  release = takeRequests(
    http,
    isOurs,
    (...given) => handle(...given),
    (d) => defects.push(d),
  );
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(() => {
  http.closeAllConnections();
  http.close();
  expect(defects.splice(0)).toEqual([]);
});

test("a request becomes one of the web, and an answer goes back", async () => {
  handle = async (asked, { remoteAddress }) => {
    const body = {
      url: asked.url,
      method: asked.method,
      header: asked.headers.get("x-name"),
      body: await asked.text(),
      remoteAddress,
    };
    return Response.json(body, { status: 201, headers: { "x-answer": "a, b" } });
  };
  const headers = { "x-name": "a, b" };
  const answer = await fetch(`${url}/wire/a%2Fb?c=d%20e`, { method: "POST", headers, body: "Hä?" });
  expect(answer.status).toBe(201);
  expect(answer.headers.get("x-answer")).toBe("a, b");
  expect(await answer.json()).toEqual({
    url: `${url}/wire/a%2Fb?c=d%20e`,
    method: "POST",
    header: "a, b",
    body: "Hä?",
    remoteAddress: "127.0.0.1",
  });
});

test("others keep their requests, whenever they came, and all of them in the end", async () => {
  handle = async () => new Response("the wire");
  http.on("request", () => undefined); // later than the wire
  const get = async (path: string) => (await fetch(url + path)).text();
  expect(await get("/wire")).toBe("the wire");
  expect(await get("/wired")).toBe("the application");
  release();
  expect(await get("/wire")).toBe("the application");
});

test.each([
  ["GET //evil.test/wire HTTP/1.1\r\nHost: localhost", "the application"],
  ["GET http://evil.test/wire HTTP/1.1\r\nHost: localhost", "the application"],
  ["GET /wire HTTP/1.1\r\nHost: a b", "400 "],
  ["TRACE /wire HTTP/1.1\r\nHost: localhost", "400 "],
])("%j: %s", async (head, expected) => {
  handle = () => expect.unreachable();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  await once(socket, "close");
  expect(answer).toContain(expected);
});

describe("an answer that goes on", () => {
  test("arrives as it is made, and is told when nobody reads any more", async () => {
    const cancelled = vi.fn();
    const aborted = vi.fn();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    handle = async ({ signal }) => {
      signal.addEventListener("abort", aborted);
      return new Response(
        new ReadableStream({
          start(c) {
            controller = c;
          },
          cancel: cancelled,
        }),
      );
    };
    const asked = request(`${url}/wire`).end();
    const [answer] = await once(asked, "response"); // the head, before anything else
    for (const part of ["one", "two"]) {
      controller?.enqueue(new TextEncoder().encode(part));
      expect(String((await once(answer, "data"))[0])).toBe(part);
    }
    asked.destroy();
    await expect.poll(() => cancelled.mock.calls.length).toBe(1);
    expect(aborted).toHaveBeenCalledOnce();
  });

  test("is made as fast as it is read", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(64 * 1024);
    handle = async () =>
      new Response(
        new ReadableStream({
          pull(c) {
            pulled += 1;
            if (pulled <= 1024) c.enqueue(chunk);
            else c.close();
          },
        }),
      );
    const [answer] = await once(request(`${url}/wire`).end(), "response");
    let before = -1;
    await expect
      .poll(
        () => {
          const isSteady = pulled === before;
          before = pulled;
          return isSteady;
        },
        { interval: 50 },
      )
      .toBe(true);
    expect(pulled).toBeLessThan(512);
    let length = 0;
    for await (const part of answer) length += part.length;
    expect(length).toBe(64 * 1024 * 1024);
  });
});

test("a handler that rejects is a defect, and the connection ends", async () => {
  handle = () => Promise.reject(new Error("on purpose"));
  await expect(fetch(`${url}/wire`)).rejects.toThrow();
  expect(defects.splice(0)).toEqual([expect.objectContaining({ message: "on purpose" })]);
});
