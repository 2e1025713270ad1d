import { ChannelState, Message } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { ChannelMeter } from "./channel-meter.js";
import { Histogram } from "./histogram.js";
import { Statistics } from "./statistics.js";
import { added, splice } from "./testing/changes.js";
import { FakeClock } from "./testing/fake-clock.js";

const NOTHING = {
  channels: 0,
  behind: { consumers: 0, versions: 0 },
  filtered: { subscriptions: 0, filters: 0 },
  on_demand: { loading: 0, kept: 0 },
};

function open() {
  const clock = new FakeClock();
  const writes: (() => void)[] = [];
  const statistics = new Statistics({
    now: () => clock.now(),
    afterWrites: (run) => writes.push(run),
  });
  const meter = new ChannelMeter(statistics);
  const frame = (...changes: Change[]): ChangesFrame => ({
    type: "changes",
    channel: "c",
    from: 0,
    to: 1,
    changes,
  });
  const write = () => {
    for (const run of writes.splice(0)) run();
  };
  const report = () => statistics.report(NOTHING);
  return { clock, statistics, meter, frame, write, writes, report };
}

const holding = (...messages: { readonly id: string; readonly text: string }[]) =>
  ChannelState.of("e", { messages: messages.map(({ id, text }) => Message.of(added(id, text))) });

test("resending costs the size of each changed message, for each consumer that it goes to", () => {
  const { meter, frame, report } = open();
  const state = holding({ id: "m", text: "x".repeat(100) }, { id: "n", text: "y".repeat(7) });
  const sizeOf = (id: string) => state.message(id)?.size ?? 0;
  meter.published(frame(splice("m", 99, 0, "x")), state, 3, 0);
  expect(report().bytes.resending).toBe(3 * sizeOf("m"));
  meter.published(frame(splice("n", 6, 0, "y")), state, 0, 0); // nobody is there
  meter.delivered(frame(splice("m", 99, 0, "x"), splice("n", 6, 0, "y")), state);
  expect(report().bytes.resending).toBe(4 * sizeOf("m") + sizeOf("n"));
  expect(sizeOf("m") - sizeOf("n")).toBe(93);
});

test("chunks are timed from the message's beginning, then from one to the next", () => {
  const { clock, meter, frame, report } = open();
  const state = holding({ id: "m", text: "" });
  const publish = (change: Change, consumers = 1) =>
    meter.published(frame(change), state, consumers, clock.now());
  publish(added("m", "", { parts: [] }));
  clock.advance(340);
  publish({ type: "message_patch", id: "m", status: "streaming" }); // no content
  publish(splice("m", 0, 0, "a"));
  clock.advance(20);
  publish(splice("m", 1, 0, "b"));
  clock.advance(20);
  publish(splice("m", 2, 0, "c"), 0); // delivered to nobody
  publish({ type: "message_completed", id: "m", status: "completed", digests: [] });
  publish(splice("m", 3, 0, "d")); // nobody's any more
  expect(report().time_to_first_chunk).toMatchObject({ count: 1, mean: 340, max: 340 });
  expect(report().time_per_chunk).toMatchObject({ count: 1, mean: 20 });
  publish(added("n", "at once"));
  expect(report().time_to_first_chunk).toMatchObject({ count: 2, mean: 170 });
});

test("messages are timed up to a number", () => {
  const { meter, frame, report } = open();
  const state = holding();
  for (let i = 0; i < 1100; i++) meter.published(frame(added(`${i}`, "x")), state, 1, 0);
  expect(report().time_to_first_chunk.count).toBe(1024);
});

test("latency is from the first append of a turn to the end of its writes", () => {
  const { clock, statistics, write, writes, report } = open();
  statistics.appended(clock.now());
  clock.advance(2);
  statistics.appended(clock.now());
  expect(writes).toHaveLength(1);
  clock.advance(3);
  write();
  statistics.deliveredLate(100);
  expect(report().delivery_latency).toMatchObject({ count: 2, mean: 52.5, max: 100 });
  statistics.appended(clock.now());
  write();
  expect(report().delivery_latency.count).toBe(3);
});

test("codes that nobody has heard of are counted together", () => {
  const { statistics, report } = open();
  for (let i = 0; i < 1000; i++) {
    statistics.failed(`code${i}`);
    statistics.refused(`code${i}`, 2);
    statistics.commanded(`code${i}`);
    statistics.opened();
    statistics.closed(3000 + i);
  }
  statistics.commanded();
  statistics.commanded("timeout");
  statistics.closed(1006);
  const { errors, refused, commands, connections } = report();
  expect(errors).toEqual({ internal: 1000 });
  expect(refused).toEqual({ internal: 2000 });
  expect(commands).toEqual({ failed: 1000, done: 1, timeout: 1 });
  expect(connections.closed).toEqual({ other: 1000, 1006: 1 });
});

test("a reset leaves what is open", () => {
  const { clock, statistics, report } = open();
  statistics.opened();
  statistics.followed(1);
  statistics.caughtUp(7);
  clock.advance(5);
  expect(report()).toMatchObject({ period: 5, frames: { catch_ups: 1, coalesced: 6 } });
  statistics.reset();
  expect(report()).toMatchObject({
    period: 0,
    connections: { open: 1, opened: 0 },
    subscriptions: { open: 1 },
    frames: { catch_ups: 0, coalesced: 0 },
  });
});

test("quantiles lie within their bucket, and not past the largest value", () => {
  const histogram = new Histogram([1, 10, 100]);
  expect(histogram.report()).toEqual({ count: 0, mean: 0, p50: 0, p99: 0, max: 0 });
  for (let i = 0; i < 98; i++) histogram.observe(5);
  for (const large of [50, 1000]) histogram.observe(large);
  expect([...histogram.counts]).toEqual([0, 98, 1, 1]);
  const { p50, p99, max, mean } = histogram.report();
  expect(p50).toBeGreaterThan(1);
  expect(p50).toBeLessThanOrEqual(10);
  expect(p99).toBeGreaterThan(10);
  expect(p99).toBeLessThanOrEqual(100);
  expect([max, mean]).toEqual([1000, 15.4]);
});
