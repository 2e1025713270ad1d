import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@deltawire/client";
import { level } from "@deltawire/level";
import {
  type ChannelRule,
  createServer,
  DeltawireError,
  type LoadContext,
  type Server,
  type ServerChannel,
} from "@deltawire/server";
import { afterEach, describe, expect, test } from "vitest";

interface Run extends LoadContext {
  readonly channel: ServerChannel;
  resolve(): void;
  reject(error: unknown): void;
}

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(rule: ChannelRule = {}, isDurable = false) {
  const runs: Run[] = [];
  const load = (channel: ServerChannel, context: LoadContext) =>
    new Promise<void>((resolve, reject) => runs.push({ channel, ...context, resolve, reject }));
  const folder = isDurable ? await mkdtemp(join(tmpdir(), "deltawire-demand-")) : undefined;
  const server = createServer({
    channels: { "feed/*": { load, linger: 20, ...rule } },
    ...(folder !== undefined && { data: level(folder) }),
  });
  const { url } = await server.listen({ port: 0 });
  const http = `${url.replace("ws", "http")}/channels/feed%2Fann`;
  closing.push(async () => {
    await server.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  /** The latest run, once there are so many. */
  const run = async (count = 1): Promise<Run> => {
    await expect.poll(() => runs.length).toBeGreaterThanOrEqual(count);
    const latest = runs[count - 1];
    if (!latest) throw new Error("no loader has run");
    return latest;
  };
  return { server, url, http, runs, run };
}

function read(url: string, name = "feed/ann", transport?: "http") {
  const wire = connect(url, transport ? { transport } : {});
  closing.push(() => wire.close());
  const channel = wire.channel(name);
  const stop = channel.subscribe(() => undefined);
  const isMade = () => expect.poll(() => channel.state.closed).toBeDefined();
  return { wire, channel, stop, isMade };
}

async function statsOf(server: Server) {
  const answer = await server.admin(new Request("http://localhost/stats"));
  return (await answer.json()).on_demand;
}

/** Finishes a run with one message. */
function finish({ channel, resolve }: Run, text: string): void {
  channel.write("m").append(text);
  resolve();
}

describe.each([
  ["in memory", false],
  ["with data", true],
])("a channel that is made on demand, %s", (_, isDurable) => {
  test("is made once, whoever asks: WebSockets, HTTP, events, this process", async () => {
    const { server, url, http, runs, run } = await serve({}, isDurable);
    const readers = Array.from({ length: 20 }, () => read(url));
    const polling = read(url, "feed/ann", "http");
    const here = server.channel("feed/ann");
    here.subscribe(() => undefined);
    const document = fetch(http);
    const loading = await run();
    loading.channel.write("first").append("one");
    for (const { channel } of [...readers, polling]) {
      await expect.poll(() => channel.state.message("first")?.text).toBe("one");
    }
    finish(loading, "two");
    for (const { channel, isMade } of [...readers, polling]) {
      await isMade();
      expect(channel.state.messages.map(({ text }) => text)).toEqual(["one", "two"]);
      expect(channel.status).toEqual({ is: "live" });
    }
    await expect.poll(() => here.state.closed).toBeDefined();
    expect(here.state.messages.map(({ text }) => text)).toEqual(["one", "two"]);
    const snapshot = await (await document).json();
    expect(snapshot).toMatchObject({ type: "snapshot", closed: {} });
    expect(snapshot.messages.map(({ status }: { status: string }) => status)).toEqual([
      "completed",
      "completed",
    ]);
    expect(runs).toHaveLength(1);
    const later = read(url);
    await later.isMade();
    expect(await statsOf(server)).toMatchObject({ started: 1, from_memory: 1, kept: 1 });
  });

  test("is aborted when nobody is there any more, and made anew for who comes then", async () => {
    const { server, url, http, run } = await serve({}, isDurable);
    const reader = read(url);
    const aborting = new AbortController();
    const document = fetch(http, { signal: aborting.signal }).catch(() => undefined);
    const first = await run();
    await expect.poll(async () => (await statsOf(server)).shared).toBe(1);
    await reader.wire.close();
    expect(first.signal.aborted).toBe(false); // the request waits
    aborting.abort();
    await document;
    await expect.poll(() => first.signal.aborted).toBe(true);
    const again = read(url);
    finish(await run(2), "anew");
    await again.isMade();
    expect(again.channel.state.messages.map(({ text }) => text)).toEqual(["anew"]);
    expect(await statsOf(server)).toMatchObject({ started: 2, aborted: 1 });
  });

  test("that fails says so to who reads it, keeps what came, and is made anew", async () => {
    const { url, http, run } = await serve({}, isDurable);
    const reader = read(url);
    const document = fetch(http);
    const first = await run();
    first.channel.write("m").append("half");
    first.reject(new DeltawireError("overloaded", "the database is busy"));
    await reader.isMade();
    const error = { code: "overloaded", message: "the database is busy" };
    expect(reader.channel.state.closed).toEqual({ error });
    expect(reader.channel.state.message("m")).toMatchObject({ text: "half", status: "failed" });
    expect(await (await document).json()).toMatchObject({ closed: { error } });
    const again = read(url);
    finish(await run(2), "whole");
    await again.isMade();
    expect(again.channel.state.message("m")?.text).toBe("whole");
    expect(reader.channel.state.message("m")?.text).toBe("half");
  });

  test("is not written by clients", async () => {
    const { url, run } = await serve({}, isDurable);
    const reader = read(url);
    await run();
    const message = reader.channel.write("n").append("mine");
    expect(await message.closed).toMatchObject({
      reason: "lost",
      error: expect.objectContaining({ code: "forbidden" }),
    });
    expect(reader.channel.status.is).toBe("live");
  });
});

test("a request waits as long as it says, and gets what there is", async () => {
  const { http, run } = await serve({ linger: 60_000 });
  const early = await (await fetch(`${http}?wait=0`)).json();
  expect(early).toMatchObject({ type: "snapshot", messages: [] });
  const loading = await run();
  loading.channel.write("m").append("part");
  await expect
    .poll(async () => (await (await fetch(`${http}?wait=1`)).json()).messages.length)
    .toBe(1);
  const { epoch } = early;
  const news = await fetch(`${http}?since=${epoch}:0`);
  expect(await news.json()).toMatchObject({ type: "changes" });
  finish(loading, "whole");
  const whole = await fetch(http);
  const etag = whole.headers.get("etag") ?? "";
  expect(await whole.json()).toMatchObject({ closed: {} });
  expect((await fetch(http, { headers: { "if-none-match": etag } })).status).toBe(304);
});

test("a request for which there is no loader free is answered with 503", async () => {
  const { url, http, run } = await serve({ bounds: { loads: 1 } });
  const other = read(url, "feed/bob");
  const first = await run();
  const answer = await fetch(http);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ error: { code: "overloaded" } });
  const waiting = read(url); // its client asks again
  await expect.poll(() => waiting.channel.status.is).toBe("catching_up");
  finish(first, "bob's");
  await other.isMade();
  finish(await run(2), "ann's");
  await waiting.isMade();
  expect(waiting.channel.state.message("m")?.text).toBe("ann's");
});

test("events are those of any channel; the stream stays when the channel is forgotten", async () => {
  const { server, http, run } = await serve({ keep: 1, bounds: { channels: 1 } });
  const response = await fetch(`${http}/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (what: string) => {
    while (!text.includes(what)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) throw new Error(`the stream has ended: ${text}`);
      text += value;
    }
  };
  finish(await run(), "streamed");
  await until('"channel_closed"');
  expect(text).toContain("streamed");
  const bob = server.channel("feed/bob");
  bob.subscribe(() => undefined);
  finish(await run(2), "bob's"); // takes the place of the one that is read
  await expect.poll(() => bob.state.closed).toBeDefined();
  await server.reauthorize();
  expect(await statsOf(server)).toMatchObject({ kept: 1 });
  await server.close();
  await until('"goodbye"');
});

test("who has all of one that makes room notices nothing; who asks again gets another one", async () => {
  const { server, url, run } = await serve({ bounds: { channels: 1 } });
  const ann = read(url);
  finish(await run(), "ann's");
  await ann.isMade();
  const bob = read(url, "feed/bob");
  finish(await run(2), "bob's");
  await bob.isMade();
  expect(await statsOf(server)).toMatchObject({ kept: 1 });
  expect(ann.channel.status).toEqual({ is: "live" });
  expect(ann.channel.state.message("m")?.text).toBe("ann's");
  ann.stop();
  ann.channel.subscribe(() => undefined);
  finish(await run(3), "ann's, later");
  await expect.poll(() => ann.channel.state.message("m")?.text).toBe("ann's, later");
  expect(ann.wire.status.is).toBe("live");
});

test("readers by a filter share it, and are readers", async () => {
  const { server, url, run, runs } = await serve();
  const [one, two] = [connect(url), connect(url)];
  closing.push(
    () => one.close(),
    () => two.close(),
  );
  const filter = { kind: "post" };
  const [posts, all] = [one.channel("feed/ann", { filter }), two.channel("feed/ann")];
  posts.subscribe(() => undefined);
  const first = await run();
  all.subscribe(() => undefined);
  await expect.poll(async () => (await statsOf(server)).shared).toBe(1);
  first.channel.event("post", { text: "a post" });
  first.channel.event("problem", { text: "a problem" });
  first.resolve();
  await expect.poll(() => posts.state.closed).toBeDefined();
  await expect.poll(() => all.state.closed).toBeDefined();
  expect(posts.state.messages.map(({ text }) => text)).toEqual(["a post"]);
  expect(all.state.messages).toHaveLength(2);
  const leave = one.channel("feed/bob", { filter }).subscribe(() => undefined);
  const second = await run(2);
  leave();
  await expect.poll(() => second.signal.aborted).toBe(true);
  expect(runs).toHaveLength(2);
});

test("this process reads what its name has by then, each time that it begins to read", async () => {
  const { server, run } = await serve({ keep: 1 });
  const channel = server.channel("feed/ann");
  const stop = channel.subscribe(() => undefined);
  finish(await run(), "first");
  await expect.poll(() => channel.state.closed).toBeDefined();
  stop();
  await expect.poll(async () => (await statsOf(server)).kept).toBe(0);
  expect(channel.state.message("m")?.text).toBe("first");
  channel.subscribe(() => undefined);
  finish(await run(2), "second");
  await expect.poll(() => channel.state.message("m")?.text).toBe("second");
  const writing = async () => channel.write("n").append("mine").complete();
  await expect(writing()).rejects.toThrow(expect.objectContaining({ code: "forbidden" }));
  expect(channel.state.message("m")?.text).toBe("second");
});

test("who comes back after it was forgotten keeps what it had until there is something new", async () => {
  const { url, run } = await serve({ keep: 1 });
  const { channel, stop, isMade } = read(url);
  finish(await run(), "old");
  await isMade();
  stop();
  await new Promise((resolve) => setImmediate(resolve));
  const seen: (string | undefined)[] = [];
  channel.subscribe(() => seen.push(channel.state.message("m")?.text));
  const second = await run(2);
  await expect.poll(() => channel.status.is).toBe("stale");
  finish(second, "new");
  await expect.poll(() => channel.state.message("m")?.text).toBe("new");
  expect(new Set(seen)).toEqual(new Set(["old", "new"]));
});
