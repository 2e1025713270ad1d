import type { Frame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, frame, removed } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

const LEASE = 15_000;
const produce = { type: "produce", producer: "p", instance: "i" };

/** A server, and producer "p" that has attached and begun message "m", "Hello". */
async function start(): Promise<{ server: HttpServer; token: number }> {
  const server = new HttpServer();
  const { status, frames } = await server.post({
    frames: [produce, frame(0, added("m", "Hello"))],
  });
  expect(status).toBe(200);
  const [producing] = frames;
  return { server, token: producing?.type === "producing" ? producing.token : 0 };
}

const text = (server: HttpServer) => server.channel().state.message("m")?.text;
const status = (server: HttpServer) => server.channel().state.message("m")?.status;

describe("a producer", () => {
  test("attaches, and writes, by one request", async () => {
    const server = new HttpServer();
    const { frames } = await server.post({ frames: [produce, frame(0, added("m", "Hello"))] });
    expect(frames).toMatchObject([
      { type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 },
      { type: "ack", channel: "c", seq: 1 },
    ]);
    expect(text(server)).toBe("Hello");
    expect(server.channel().state.message("m")?.origin).toBe("p");
  });

  test("goes on under its token, request by request; one ack for all frames", async () => {
    const { server, token } = await start();
    const frames = [frame(1, append("m", 5, " wor")), frame(2, append("m", 9, "ld"))];
    const answer = await server.post({ producer: "p", token, frames });
    expect(answer.frames).toEqual([{ type: "ack", channel: "c", seq: 3 }]);
    expect(text(server)).toBe("Hello world");
  });

  test("may leave out the channel, which the URL names; and name no other", async () => {
    const { server, token } = await start();
    const { channel: _, ...short } = frame(1, append("m", 5, "!"));
    const answer = await server.post({ producer: "p", token, frames: [short] });
    expect(answer.frames).toEqual([{ type: "ack", channel: "c", seq: 2 }]);
    const other = { ...frame(2, append("m", 6, "!")), channel: "d" };
    const refused = await server.post({ producer: "p", token, frames: [other] });
    expect(refused).toMatchObject({ status: 400, error: { code: "malformed" } });
    expect(server.channels.has("d")).toBe(false);
  });

  test("whose answer was lost sends again, and nothing happens twice", async () => {
    const { server, token } = await start();
    const body = { producer: "p", token, frames: [frame(1, append("m", 5, "!"))] };
    const first = await server.post(body);
    expect(await server.post(body)).toEqual(first);
    expect(text(server)).toBe("Hello!");
    const again = await server.post({ frames: [produce, frame(0, added("m", "Hello"))] });
    expect(again.frames).toMatchObject([
      { type: "producing", seq: 2 },
      { type: "ack", seq: 2 },
    ]);
    expect(text(server)).toBe("Hello!");
  });

  test("whose token is not the latest attaches anew, where it is the same run", async () => {
    const { server, token } = await start();
    await server.post({ frames: [produce] });
    const body = { producer: "p", instance: "i", token, frames: [frame(1, append("m", 5, "!"))] };
    const answer = await server.post(body);
    expect(answer.frames).toMatchObject([{ type: "producing", token: token + 2 }, { type: "ack" }]);
    expect(text(server)).toBe("Hello!");
  });

  test("is fenced where another run has taken over, and told so once", async () => {
    const { server, token } = await start();
    await server.post({ frames: [{ ...produce, instance: "j" }] });
    const frames = [frame(1, append("m", 5, "!")), frame(2, append("m", 6, "!"))];
    const refused = await server.post({ producer: "p", instance: "i", token, frames });
    expect(refused).toMatchObject({ status: 409, error: { code: "fenced" } });
    expect(refused.frames).toMatchObject([{ type: "error", code: "fenced", channel: "c" }]);
    expect(text(server)).toBe("Hello");
  });

  test("of a server that knows nothing of it begins anew", async () => {
    const server = new HttpServer();
    const body = {
      producer: "p",
      instance: "i",
      token: 7,
      frames: [frame(4, append("m", 5, "!"))],
    };
    const { status, frames } = await server.post(body);
    expect(status).toBe(200);
    expect(frames).toMatchObject([
      { type: "producing", seq: 0 },
      { type: "error", code: "gap", path: "/from" },
    ]);
  });

  test.each<[string, Frame[], number, string, string]>([
    ["a gap", [frame(5, append("m", 5, "!"))], 409, "gap", "/from"],
    [
      "an offset past the end",
      [frame(1, append("m", 9, "!"))],
      409,
      "offset_out_of_range",
      "/changes/0/parts/0/splices/0/changed_offset",
    ],
  ])("hears of %s", async (_what, frames, status, code, path) => {
    const { server, token } = await start();
    const refused = await server.post({ producer: "p", token, frames });
    expect(refused).toMatchObject({ status, error: { code } });
    expect(refused.frames).toMatchObject([{ type: "error", code, channel: "c", path }]);
  });

  test("hears of what was taken before an error, and of what was dropped", async () => {
    const { server, token } = await start();
    server.writer()(frame(0, added("theirs")));
    const { status, frames } = await server.post({
      producer: "p",
      token,
      frames: [
        frame(1, removed("theirs")),
        frame(2, append("m", 5, "!")),
        frame(7, append("m", 6, "!")),
      ],
    });
    expect(status).toBe(200);
    const refused = [{ message: "theirs", code: "not_owner", count: 1 }];
    expect(frames).toMatchObject([
      { type: "ack", seq: 3, refused },
      { type: "error", code: "gap" },
    ]);
  });

  test("whose answer was lost hears again what was dropped", async () => {
    const { server, token } = await start();
    server.writer()(frame(0, added("theirs")));
    const body = { producer: "p", instance: "i", token, frames: [frame(1, removed("theirs"))] };
    const refused = [{ message: "theirs", code: "not_owner", count: 1 }];
    const first = await server.post(body);
    expect(first.frames).toEqual([{ type: "ack", channel: "c", seq: 2, refused }]);
    expect(await server.post(body)).toEqual(first);
    await server.post({ producer: "p", token, frames: [frame(2, append("m", 5, "!"))] });
    const anew = await server.post({ frames: [{ ...produce, token, seq: 1 }] });
    expect(anew.frames).toMatchObject([{ type: "producing", seq: 3, refused }]);
    const known = await server.post({ ...body, token: token + 9, seq: 2, frames: [] });
    expect(known.frames).toMatchObject([{ type: "producing", seq: 3 }]);
    expect(known.frames[0]).not.toHaveProperty("refused");
  });

  test("pages back", async () => {
    const { server, token } = await start();
    const history = { type: "history", request: 4, before: "m", last: 5 };
    const answer = await server.post({ producer: "p", token, frames: [history] });
    expect(answer.frames).toMatchObject([{ type: "history_page", request: 4, messages: [] }]);
    const unknown = await server.post({ frames: [{ ...history, before: "z" }] });
    expect(unknown.frames).toMatchObject([{ type: "error", code: "unknown_message", request: 4 }]);
  });
});

describe("a lease", () => {
  test("runs from the last request; after it the messages are interrupted", async () => {
    const { server, token } = await start();
    for (let i = 0; i < 5; i++) {
      server.clock.advance(LEASE - 1);
      const { frames } = await server.post({ producer: "p", token, frames: [] });
      expect(frames).toEqual([]);
    }
    server.clock.advance(LEASE - 1);
    expect(status(server)).toBe("streaming");
    server.clock.advance(1);
    expect(status(server)).toBe("interrupted");
  });

  test("that ended ends nothing: its producer comes back, and goes on", async () => {
    const { server, token } = await start();
    server.clock.advance(LEASE);
    await server.post({ producer: "p", token, frames: [frame(1, append("m", 5, "!"))] });
    expect(status(server)).toBe("streaming");
    expect(text(server)).toBe("Hello!");
  });

  test("does not run while the producer's events are read", async () => {
    const { server, token } = await start();
    const path = `/channels/c/events?producer=p&token=${token}&follow=0`;
    const events = await server.events(path);
    server.clock.advance(10 * LEASE);
    await server.post({ producer: "p", token, frames: [frame(1, append("m", 5, "!"))] });
    server.clock.advance(10 * LEASE);
    expect(status(server)).toBe("streaming");
    await events.cancel();
    server.clock.advance(LEASE);
    expect(status(server)).toBe("interrupted");
  });
});

describe("a producer's events", () => {
  test("say that it was fenced, and go on", async () => {
    const { server, token } = await start();
    const events = await server.events(`/channels/c/events?producer=p&token=${token}`);
    await events.frames(3);
    await server.post({ frames: [{ ...produce, instance: "j" }] });
    expect(await events.frame()).toMatchObject({ type: "error", code: "fenced", channel: "c" });
    server.writer()(frame(0, added("n")));
    expect(await events.frame()).toMatchObject({ type: "changes" });
  });

  test("do not let another run write under a token that it guesses", async () => {
    const { server, token } = await start();
    await server.events(`/channels/c/events?producer=p&token=${token}`);
    const frames = [frame(1, append("m", 5, "!"))];
    const body = { producer: "p", instance: "j", token: token + 5, frames };
    expect(await server.post(body)).toMatchObject({ status: 409, error: { code: "fenced" } });
    expect(text(server)).toBe("Hello");
  });

  test("are not had under an old token", async () => {
    const { server, token } = await start();
    await server.post({ frames: [produce] });
    const answer = await server.fetch(`/channels/c/events?producer=p&token=${token}`);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ error: { code: "fenced" } });
  });
});

test("a producer costs nothing once its requests were answered", async () => {
  const server = new HttpServer();
  for (let i = 0; i < 100; i++) {
    await server.post({ frames: [{ ...produce, producer: `p${i}` }] }, `c${i}`);
  }
  server.clock.advance(LEASE);
  expect(server.clock.pending).toBe(0);
});
