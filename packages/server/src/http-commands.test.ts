import { beforeEach, describe, expect, test, vi } from "vitest";
import { added, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

const produce = { type: "produce", producer: "p", instance: "i", commands: true };
const stop = { type: "command", id: "k1", name: "stop", value: { now: true } };
const done = { type: "command_result", id: "k1", status: "done", value: 7 };
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

let server: HttpServer;
let token: number;

beforeEach(async () => {
  server = new HttpServer();
  const { frames } = await server.post({ frames: [produce, frame(0, added("m"))] });
  token = frames[0]?.type === "producing" ? frames[0].token : 0;
});

const poll = (frames: object[] = []) =>
  server.post({ producer: "p", token, commands: true, frames });

describe("a command", () => {
  test("goes to the producer with its next request, and its result to who asks again", async () => {
    const { channel } = { channel: "c" };
    const asked = await server.post({ frames: [stop] });
    expect(asked.frames).toEqual([
      { type: "command_result", channel, id: "k1", status: "accepted" },
    ]);
    expect((await poll()).frames).toEqual([{ ...stop, channel }]);
    expect((await poll([done])).frames).toEqual([]);
    const again = await server.post({ frames: [stop] });
    expect(again.frames).toEqual([{ ...done, channel }]);
    expect((await poll()).frames).toEqual([]);
  });

  test("is told again to a producer whose answer was lost", async () => {
    await server.post({ frames: [stop] });
    await poll();
    expect((await poll()).frames).toMatchObject([{ type: "command", id: "k1" }]);
  });

  test("is answered in the same request, where that waits", async () => {
    const asking = server.fetch("/channels/c?wait=5000", {
      method: "POST",
      body: JSON.stringify({ frames: [stop] }),
    });
    await settle();
    await poll();
    await poll([done]);
    const { frames } = await (await asking).json();
    expect(frames).toMatchObject([{ status: "accepted" }, { status: "done", value: 7 }]);
  });

  test("is waited for no longer than that", async () => {
    const asking = server.fetch("/channels/c?wait=5000", {
      method: "POST",
      body: JSON.stringify({ frames: [stop] }),
    });
    await settle();
    server.clock.advance(5000);
    expect((await (await asking).json()).frames).toMatchObject([{ status: "accepted" }]);
  });

  test("reaches a producer that waits", async () => {
    const waiting = server.fetch("/channels/c?wait=5000", {
      method: "POST",
      body: JSON.stringify({ producer: "p", token, commands: true, frames: [] }),
    });
    await settle();
    await server.post({ frames: [stop] });
    expect((await (await waiting).json()).frames).toMatchObject([{ type: "command", id: "k1" }]);
  });

  test("comes by the producer's events, and by them only", async () => {
    const events = await server.events(`/channels/c/events?producer=p&token=${token}&follow=0`);
    await events.frame();
    await server.post({ frames: [stop] });
    expect(await events.frame()).toMatchObject({ type: "command", id: "k1" });
    expect((await poll()).frames).toEqual([]);
    await poll([done]);
    expect((await server.post({ frames: [stop] })).frames).toMatchObject([{ status: "done" }]);
  });

  test("leaves nothing of the request that asked", async () => {
    const forget = vi.spyOn(server.channel().commands, "forget");
    await server.post({ frames: [stop] });
    expect(forget).toHaveBeenCalledOnce();
  });

  test("that nobody takes ends by its timeout", async () => {
    const asked = await server.post({ frames: [{ ...stop, timeout: 1000 }] }, "d");
    expect(asked.frames).toMatchObject([{ status: "accepted" }]);
    server.clock.advance(1000);
    const again = await server.post({ frames: [stop] }, "d");
    expect(again.frames).toMatchObject([{ status: "failed", error: { code: "timeout" } }]);
  });
});

test("a result without a producer is unexpected", async () => {
  const refused = await server.post({ frames: [done] });
  expect(refused).toMatchObject({ status: 400, error: { code: "unexpected_frame" } });
});

test.each([
  ["command", stop, 403],
  ["produce", frame(0, added("n")), 403],
  ["produce", produce, 403],
  ["subscribe", { type: "history", request: 1, before: "m", last: 1 }, 409],
])("an observer may not %s", async (_action, posted, status) => {
  server = new HttpServer({ authenticate: () => ({ id: "ann", role: "observer" }) });
  expect((await server.post({ frames: [posted] })).status).toBe(status);
  expect(server.channels.get("c")?.state.messages ?? []).toEqual([]);
});
