import { DeltawireError } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import type { HostedChannel } from "./hosted-channel.js";
import { atOnce } from "./testing/at-once.js";
import { DemandingServer } from "./testing/demanding-server.js";
import { TestConsumer } from "./testing/test-consumer.js";

const texts = ({ state }: HostedChannel) => state.messages.map(({ text }) => text);

describe("a channel that is made on demand", () => {
  test("is made once for all who read it, from the first one on", async () => {
    const server = new DemandingServer();
    server.channels.open("feed/ann");
    await server.settle();
    expect(server.runs).toHaveLength(0); // nobody reads it
    const { hosted, reader } = await server.begin();
    const others = Array.from(
      { length: 99 },
      () => new TestConsumer(server.channels.open("feed/ann")),
    );
    await server.settle();
    expect(server.runs).toHaveLength(1);
    expect(server.run().params).toEqual(["ann"]);
    server.run().channel.write("m").append("hello");
    server.run().channel.write("n").append("open");
    await server.settle();
    expect(reader.state?.message("m")?.text).toBe("hello");
    server.run().resolve();
    await server.settle();
    for (const each of [reader, ...others]) {
      expect(each.state?.closed).toEqual({});
      expect(each.state?.messages.map(({ status }) => status)).toEqual(["completed", "completed"]);
    }
    expect(hosted.state.messages).toHaveLength(2);
    expect(server.counts).toMatchObject({ started: 1, shared: 99, failed: 0, kept: 1 });
    const { reuse, first, time } = server.statistics.report(server.channels.gauges()).on_demand;
    expect([reuse, first.count, time.count]).toEqual([0.99, 1, 1]);
  });

  test("is told of in numbers: the time to a first message, and to all of it", async () => {
    const server = new DemandingServer();
    await server.begin();
    server.run().channel.setAttributes({ sources: 2 });
    await server.settle(30);
    server.run().channel.write("m").append("a");
    await server.settle(50);
    server.run().channel.write("n").append("b");
    server.run().resolve();
    await server.settle();
    const { first, time } = server.statistics.report(server.channels.gauges()).on_demand;
    expect([first.count, first.max, time.count, time.max]).toEqual([1, 30, 1, 80]);
  });

  test("what is pending when the loader returns is in it, and so is what is only open", async () => {
    const server = new DemandingServer();
    const { hosted } = await server.begin();
    const message = server.run().channel.write("m").append("a");
    await server.settle();
    message.append("b"); // waits for the throttle
    server.run().channel.write("n").append("c");
    for (const text of ["d", "e"]) server.run().channel.event("post", { text });
    server.run().resolve();
    await server.settle();
    expect(texts(hosted)).toEqual(["ab", "c", "d", "e"]);
    expect(hosted.state.messages.every(({ status }) => status === "completed")).toBe(true);
    expect(() => message.append("late")).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => server.run().channel.write("late")).toThrow(
      expect.objectContaining({ code: "channel_closed" }),
    );
  });

  test("stays for later readers, as one snapshot, and is another one after that", async () => {
    const server = new DemandingServer({ keep: 1000 });
    const { hosted, reader } = await server.make();
    await server.settle(999);
    expect(server.channels.open("feed/ann")).toBe(hosted);
    const later = new TestConsumer(hosted);
    await server.settle();
    expect(later.received).toEqual(["subscribed", "snapshot"]);
    expect(later.state?.message("m")?.text).toBe("hello");
    later.leave();
    await server.settle(1);
    const next = await server.make("feed/ann", "again");
    expect(next.hosted).not.toBe(hosted);
    expect(next.hosted.state.epoch).not.toBe(hosted.state.epoch);
    expect(texts(next.hosted)).toEqual(["again"]);
    expect(reader.state?.message("m")?.text).toBe("hello"); // who had it has it still
    expect(reader.errors).toEqual([]);
    reader.ask();
    await server.settle();
    expect(reader.state?.message("m")?.text).toBe("hello");
    expect(server.counts).toMatchObject({ started: 2, from_memory: 1, kept: 2 });
    reader.leave();
    expect(server.counts).toMatchObject({ kept: 1 });
  });

  test("is not kept where that is 0", async () => {
    const server = new DemandingServer({ keep: 0 });
    const { hosted, reader } = await server.make();
    expect(server.channels.open("feed/ann")).not.toBe(hosted);
    reader.leave();
    expect(server.counts).toMatchObject({ kept: 0, failed: 0 });
  });

  test("fails with the error that its loader throws, and is not kept", async () => {
    const server = new DemandingServer();
    const { hosted, reader } = await server.begin();
    server.run().channel.write("m").append("half");
    await server.settle();
    server.run().reject(new DeltawireError("overloaded", "the database is busy"));
    await server.settle();
    const error = { code: "overloaded", message: "the database is busy" };
    expect(reader.state?.closed).toEqual({ error });
    expect(reader.state?.message("m")).toMatchObject({ text: "half", status: "failed" });
    expect(server.defects).toEqual([]);
    expect(server.channels.open("feed/ann")).not.toBe(hosted);
    expect(server.counts).toMatchObject({ failed: 1 });
    reader.leave();
    expect(server.counts).toMatchObject({ kept: 0 });
  });

  test("says nothing to clients of an error that is not meant for them; the server hears of it", async () => {
    const server = new DemandingServer();
    const { reader } = await server.begin();
    const defect = new Error("password=secret");
    server.run().reject(defect);
    await server.settle();
    expect(reader.state?.closed?.error?.code).toBe("internal");
    expect(JSON.stringify(reader.state?.closed)).not.toContain("secret");
    expect(server.defects).toEqual([defect]);
  });

  test("a loader that throws at once fails the same way", async () => {
    const server = new DemandingServer({
      load: () => {
        throw new DeltawireError("forbidden", "no such feed");
      },
    });
    const { reader } = await server.begin();
    expect(reader.state?.closed?.error).toEqual({ code: "forbidden", message: "no such feed" });
  });

  test("its loader may end it itself", async () => {
    const server = new DemandingServer();
    const { hosted, reader } = await server.begin();
    await server.run().channel.end("nothing new");
    server.run().resolve();
    await server.settle();
    expect(reader.state?.closed).toEqual({ reason: "nothing new" });
    expect(server.channels.open("feed/ann")).toBe(hosted);
    expect(server.counts).toMatchObject({ kept: 1, failed: 0 });
  });

  test("fails when its time is over, and its loader is told", async () => {
    const server = new DemandingServer({ timeout: 500, keep: 1000 });
    const { reader } = await server.begin();
    server.run().channel.write("m").append("half");
    await server.settle();
    await server.settle(499);
    expect(server.run().signal.aborted).toBe(false);
    await server.settle(1);
    expect(server.run().signal.reason).toMatchObject({ code: "timeout" });
    expect(reader.state?.closed?.error?.code).toBe("timeout");
    expect(reader.state?.message("m")).toMatchObject({ text: "half", status: "failed" });
    const late = server.run();
    expect(() => late.channel.write("n")).toThrow();
    late.reject(new Error("aborted"));
    await server.settle();
    expect(server.defects).toEqual([]);
  });

  test("its loader is aborted a while after the last reader has left", async () => {
    const server = new DemandingServer({ linger: 100 });
    const { hosted, reader } = await server.begin();
    const other = new TestConsumer(hosted);
    reader.leave();
    await server.settle(1000);
    expect(server.run().signal.aborted).toBe(false); // somebody reads it
    other.leave();
    await server.settle(99);
    expect(server.run().signal.aborted).toBe(false);
    const back = new TestConsumer(server.channels.open("feed/ann")); // a page that was loaded anew
    await server.settle(1000);
    expect(server.run().signal.aborted).toBe(false);
    expect(server.runs).toHaveLength(1);
    back.leave();
    await server.settle(100);
    expect(server.run().signal.aborted).toBe(true);
    expect(server.run().signal.reason).toMatchObject({ code: "closed" });
    expect(server.counts).toMatchObject({ aborted: 1, kept: 0, loading: 0 });
  });

  test("who comes right after that has it made anew; the aborted loader disturbs nobody", async () => {
    const server = new DemandingServer({ linger: 0 });
    const { reader } = await server.begin();
    const aborted = server.run();
    aborted.channel.write("m").append("old");
    reader.leave();
    await server.settle(1);
    const again = await server.begin();
    expect(server.runs).toHaveLength(2);
    expect(() => aborted.channel.write("n")).toThrow();
    aborted.resolve();
    await server.settle();
    server.run().channel.write("m").append("new");
    server.run().resolve();
    await server.settle();
    expect(again.reader.state?.messages.map(({ text }) => text)).toEqual(["new"]);
  });

  test("a loader that was aborted before it began does not begin", async () => {
    const server = new DemandingServer({ linger: 0, bounds: { loads: 1 } });
    const reader = new TestConsumer(server.channels.open("feed/ann"));
    reader.leave();
    server.channels.open("feed/ann").close();
    await server.settle(1);
    expect(server.runs).toHaveLength(0);
    const { reader: next } = await server.begin("feed/bob");
    expect(next.errors).toEqual([]); // its place is free
  });

  test("nobody else writes it", async () => {
    const server = new DemandingServer();
    const { hosted } = await server.begin();
    const nobody = { fence() {}, lose() {} };
    const forbidden = expect.objectContaining({ code: "forbidden" });
    expect(() => hosted.attach("p", nobody)).toThrow(forbidden);
    expect(() => server.channels.open("feed/bob").attach("p", nobody)).toThrow(forbidden);
    expect(atOnce(server.channels.open("other").attach("p", nobody)).token).toBe(1);
  });

  test("that was deleted is aborted, and whoever reads it is told", async () => {
    const server = new DemandingServer();
    const { reader } = await server.begin();
    await server.channels.delete("feed/ann");
    expect(server.run().signal.aborted).toBe(true);
    server.run().reject(new Error("aborted"));
    expect(reader.errors).toEqual(["channel_closed"]);
    const made = await server.make();
    await server.channels.delete("feed/ann");
    expect(made.reader.errors).toEqual(["channel_closed"]);
    await server.settle(0);
    expect(server.clock.pending).toBe(0);
    expect(server.counts).toMatchObject({ kept: 0, loading: 0 });
  });

  test("ends with the server", async () => {
    const server = new DemandingServer();
    await server.make("feed/bob");
    await server.begin();
    await server.channels.close();
    expect(server.run().signal.aborted).toBe(true);
    server.run().resolve();
    await server.settle();
    expect(server.counts).toMatchObject({ kept: 0, loading: 0 });
    expect(server.clock.pending).toBe(0);
  });

  test("leaves no timer behind", async () => {
    const server = new DemandingServer({ keep: 100, linger: 10 });
    const { reader } = await server.make();
    reader.leave();
    await server.settle(100);
    expect(server.clock.pending).toBe(0);
    expect(server.channels.gauges().channels).toBe(0);
  });
});
