import { DeltawireError, LIMITS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import type { HostedChannel } from "./hosted-channel.js";
import { atOnce } from "./testing/at-once.js";
import { added, completed, digest, frame } from "./testing/changes.js";
import { DemandingServer, type Run } from "./testing/demanding-server.js";
import { TestConsumer } from "./testing/test-consumer.js";

describe("what is kept is bounded", () => {
  test("by count: the one that nobody used for longest goes first", async () => {
    const server = new DemandingServer({ bounds: { channels: 2 } });
    for (const name of ["feed/a", "feed/b"]) {
      const { reader } = await server.make(name);
      reader.leave();
      await server.settle(1);
    }
    const a = server.channels.open("feed/a");
    const b = server.channels.open("feed/b");
    new TestConsumer(a).leave(); // used again
    (await server.make("feed/c")).reader.leave();
    expect(server.channels.open("feed/a")).toBe(a);
    expect(server.channels.open("feed/b")).not.toBe(b);
    expect(server.counts).toMatchObject({ kept: 2 });
  });

  test("by count: one that is read stays as long as there is another one", async () => {
    const server = new DemandingServer({ bounds: { channels: 2 } });
    const read = await server.make("feed/a");
    (await server.make("feed/b")).reader.leave();
    const b = server.channels.open("feed/b");
    await server.make("feed/c");
    expect(server.channels.open("feed/a")).toBe(read.hosted);
    expect(server.channels.open("feed/b")).not.toBe(b);
  });

  test("by bytes, and one that is too large is there only as long as it is read", async () => {
    const server = new DemandingServer({ bounds: { bytes: 1000 } });
    const small = await server.make("feed/small", "x".repeat(100));
    small.reader.leave();
    const { hosted, reader } = await server.make("feed/large", "x".repeat(2000));
    expect(server.channels.open("feed/small")).not.toBe(small.hosted);
    expect(server.channels.open("feed/large")).toBe(hosted); // it is read
    reader.leave();
    expect(server.counts).toMatchObject({ kept: 0 });
    expect(server.channels.open("feed/large")).not.toBe(hosted);
    (await server.make("feed/other")).reader.leave();
    expect(server.counts).toMatchObject({ kept: 1 });
  });

  test("those who read one that goes keep what they have; who has not all of it comes again", async () => {
    const server = new DemandingServer({ bounds: { channels: 1 } });
    const first = await server.make("feed/a");
    const slow = new TestConsumer(first.hosted, { isCongested: true });
    await server.settle();
    const second = await server.make("feed/b");
    expect(server.channels.open("feed/a")).not.toBe(first.hosted);
    expect(first.reader).toMatchObject({ errors: [], isReleased: true });
    expect(first.reader.state?.message("m")?.text).toBe("hello");
    expect(slow).toMatchObject({ errors: ["overloaded"], isReleased: false });
    expect(second.reader.isReleased).toBe(false);
    expect([...first.hosted.subscriptions]).toEqual([]);
  });

  test("loaders that run, those that are aborted and go on among them, for as long as they have", async () => {
    const server = new DemandingServer({ bounds: { loads: 2 }, linger: 10, timeout: 1000 });
    const a = await server.begin("feed/a");
    await server.begin("feed/b");
    const refused = await server.begin("feed/c");
    expect(refused.reader.errors).toEqual(["overloaded"]);
    a.reader.leave();
    await server.settle(10); // it is aborted, and does not care
    expect((await server.begin("feed/c")).reader.errors).toEqual(["overloaded"]);
    server.run(0).resolve();
    await server.settle();
    expect((await server.begin("feed/c")).reader.errors).toEqual([]);
    expect((await server.begin("feed/d")).reader.errors).toEqual(["overloaded"]);
    await server.settle(1000);
    expect((await server.begin("feed/d")).reader.errors).toEqual([]);
  });

  test("a loader that was aborted and has all the time does not count for ever", async () => {
    const server = new DemandingServer({
      ...{ bounds: { loads: 1 }, linger: 10 },
      timeout: Number.POSITIVE_INFINITY,
    });
    (await server.begin("feed/a")).reader.leave();
    await server.settle(10);
    await server.settle(29_999);
    expect((await server.begin("feed/b")).reader.errors).toEqual(["overloaded"]);
    await server.settle(1);
    expect((await server.begin("feed/b")).reader.errors).toEqual([]);
    server.run(0).resolve(); // it does not count a second time
    await server.settle();
    expect((await server.begin("feed/c")).reader.errors).toEqual(["overloaded"]);
  });

  test("channels of the server: those that are made and not read make room", async () => {
    const server = new DemandingServer({}, 2);
    (await server.make("feed/a")).reader.leave();
    await server.make("feed/b");
    await server.begin("feed/c");
    expect(server.channels.gauges().channels).toBe(2);
    expect(() => server.channels.open("feed/d")).toThrow(
      expect.objectContaining({ code: "overloaded" }),
    );
  });
});

describe("what a channel that is made on demand keeps of itself", () => {
  const write = ({ channel }: Run) => {
    for (let i = 0; i < 1100; i++) channel.event("post", { id: `p${i}` });
    channel.write("open").append("text");
  };
  const ids = ({ state }: HostedChannel) => state.messages.map(({ id }) => id);

  test("holds when it closes, however soon that is, and for messages that were not sent yet", async () => {
    const server = new DemandingServer({ retention: { messages: 3 } });
    const { hosted, reader } = await server.begin();
    write(server.run());
    server.run().resolve();
    await server.settle();
    expect(ids(hosted)).toEqual(["p1098", "p1099", "open"]);
    expect(reader.state?.closed).toEqual({});
    expect(reader.state?.messages.map(({ id }) => id)).toEqual(ids(hosted));
  });

  test("holds also where its loader ends it, or fails", async () => {
    const server = new DemandingServer({ retention: { messages: 2 } });
    const own = await server.begin("feed/own");
    write(server.run());
    void server.run().channel.end("enough");
    server.run().resolve();
    await server.settle();
    expect(ids(own.hosted)).toEqual(["p1099", "open"]);
    expect(own.hosted.state.closed).toEqual({ reason: "enough" });
    const waiting = await server.begin("feed/waiting");
    write(server.run());
    const ended = server.run().channel.end("done");
    await server.settle();
    await ended; // and its loader goes on
    expect(ids(waiting.hosted)).toEqual(["p1099", "open"]);
    expect(waiting.hosted.state.closed).toEqual({ reason: "done" });
    const failed = await server.begin("feed/failed");
    write(server.run());
    server.run().reject(new DeltawireError("timeout", "too slow".repeat(9999)));
    await server.settle();
    expect(ids(failed.hosted)).toEqual(["p1099", "open"]);
    const { error } = failed.hosted.state.closed ?? {};
    expect(error?.message).toHaveLength(LIMITS.max_note_length);
    expect(failed.hosted.state.message("open")?.error).toEqual(error);
  });
});

test("retention holds for the channels of a pattern, without any data", async () => {
  const server = new DemandingServer({}, 100, {
    "few/*": { retention: { messages: 2 } },
    "young/*": { retention: { age: 5000 } },
  });
  const { clock } = server;
  const of = (name: string) => {
    const hosted = server.channels.open(name);
    const { token } = atOnce(hosted.attach("p", { fence() {}, lose() {} }));
    let seq = 0;
    const add = (id: string, isOpen = false) => {
      const changes = isOpen ? [added(id)] : [added(id), completed(id, digest(""))];
      atOnce(hosted.append("p", token, { ...frame(seq, ...changes), channel: name }));
      seq += 1;
    };
    return { add, ids: () => hosted.state.messages.map(({ id }) => id) };
  };
  const [few, young, all] = [of("few/x"), of("young/x"), of("other")];
  for (const id of ["a", "b", "c", "d"]) for (const each of [few, young, all]) each.add(id);
  few.add("open", true);
  clock.advance(2000);
  expect(few.ids()).toEqual(["d", "open"]);
  expect(young.ids()).toEqual(["a", "b", "c", "d"]);
  clock.advance(2000);
  young.add("e");
  clock.advance(1500);
  expect(young.ids()).toEqual(["e"]);
  clock.advance(10_000);
  expect(young.ids()).toEqual([]);
  expect(all.ids()).toEqual(["a", "b", "c", "d"]);
  young.add("f");
  expect(clock.pending).toBeGreaterThan(0);
  await server.channels.close();
  expect(clock.pending).toBe(0);
});
