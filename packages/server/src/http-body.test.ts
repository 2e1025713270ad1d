import { describe, expect, test } from "vitest";
import { added, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

describe("a body", () => {
  test.each<[string, unknown, string, string]>([
    ["is JSON", "{", "malformed", ""],
    ["is an object", "7", "malformed", "frames"],
    ["has frames", {}, "malformed", "frames"],
    ["has a list of them", { frames: {} }, "malformed", "frames"],
    ["has frames that are", { frames: [7] }, "malformed", "/frames/0/type"],
    ["of a known kind", { frames: [{ type: "x" }] }, "unknown_frame", "/frames/0/type"],
    [
      "that a request may carry",
      { frames: [{ type: "ping" }] },
      "unexpected_frame",
      "/frames/0/type",
    ],
    [
      "nor subscribe",
      { frames: [{ type: "subscribe", request: 1 }] },
      "unexpected_frame",
      "/frames/0/type",
    ],
    [
      "with all that they need",
      { frames: [{ type: "changes", from: 0, to: 1 }] },
      "malformed",
      "/frames/0/changes",
    ],
    ["a producer that is an id", { producer: 7, frames: [] }, "malformed", "/producer"],
    ["a token that is a number", { producer: "p", token: "7", frames: [] }, "malformed", "/token"],
    [
      "no forbidden key",
      `{"frames":[{"type":"changes","from":0,"to":1,"changes":[{"type":"channel_patch","attributes":[{"op":"add","path":"/a","value":{"__proto__":1}}]}]}]}`,
      "forbidden_key",
      "/frames/0",
    ],
  ])("%s", async (_what, body, code, path) => {
    const server = new HttpServer();
    const answer = await server.fetch("/channels/c", {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    expect(answer.status).toBe(400);
    const { error } = await answer.json();
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
    expect(server.defects).toEqual([]);
  });

  test("of changes without a producer is unexpected", async () => {
    const refused = await new HttpServer().post({ frames: [frame(0, added("m"))] });
    expect(refused).toMatchObject({ status: 400, error: { code: "unexpected_frame" } });
  });

  test("that is not UTF-8 is refused", async () => {
    const server = new HttpServer();
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    const answer = await server.fetch("/channels/c", { method: "POST", body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "ill_formed_text" } });
  });

  test("that is compressed is refused", async () => {
    const headers = { "content-encoding": "gzip" };
    const answer = await new HttpServer().fetch("/channels/c", {
      method: "POST",
      body: "x",
      headers,
    });
    expect(answer.status).toBe(400);
  });

  test("that says that it is too large is not read", async () => {
    let pulled = 0;
    const body = new ReadableStream(
      { pull: (c) => c.enqueue(new Uint8Array(++pulled)) },
      { highWaterMark: 0 },
    );
    const headers = { "content-length": "16777217" };
    const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
    expect((await new HttpServer().fetch("/channels/c", init)).status).toBe(413);
    expect(pulled).toBe(0);
  });

  test("that is too large is read no further than the bound", async () => {
    let bytes = 0;
    const body = new ReadableStream({
      pull(controller) {
        bytes += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20).fill(32));
      },
    });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    const answer = await new HttpServer().fetch("/channels/c", init);
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: "limit_exceeded" } });
    expect(bytes).toBeLessThan(20 << 20);
  });

  test("L34: that comes slowly is read, however long it takes", async () => {
    const server = new HttpServer();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        send = controller;
      },
    });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    const asked = server.fetch("/channels/c", init);
    for (const byte of new TextEncoder().encode('{"producer":"p","frames":[]}')) {
      await turn();
      server.clock.advance(29_000);
      send?.enqueue(Uint8Array.of(byte));
    }
    await turn();
    send?.close();
    expect((await asked).status).toBe(200);
  });

  test("L34: that does not come to its end is given up after 30 s of nothing", async () => {
    const server = new HttpServer({ quotas: { connections: 1 } });
    const body = new ReadableStream();
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    const asked = server.fetch("/channels/c", init);
    await new Promise((resolve) => setImmediate(resolve));
    server.clock.advance(30_000);
    expect((await asked).status).toBe(504);
    expect((await server.fetch("/channels/c")).status).toBe(200);
  });
});
