import { beforeEach, describe, expect, test, vi } from "vitest";
import type { HostedChannel } from "./hosted-channel.js";
import { HostedChannels } from "./hosted-channels.js";
import { Statistics } from "./statistics.js";
import { atOnce } from "./testing/at-once.js";
import { added, completed, digest, frame } from "./testing/changes.js";
import { FakeClock } from "./testing/fake-clock.js";

let clock: FakeClock;
let channels: HostedChannels;

beforeEach(() => {
  clock = new FakeClock();
  const statistics = new Statistics({ now: () => clock.now(), afterWrites: (run) => run() });
  const times = { lease: 15_000, lost: 600_000 };
  channels = new HostedChannels(
    {
      clock,
      statistics,
      times,
      listeners: [],
      report: () => undefined,
    },
    3,
  );
});

const nobody = { fence() {}, lose() {} };

/** Writes a message to a channel and goes; it stays open unless told otherwise. */
function use(name: string, isCompleted = true): HostedChannel {
  clock.advance(1);
  const channel = channels.open(name);
  const { token } = atOnce(channel.attach("p", nobody));
  const changes = [added("m", "Hi"), ...(isCompleted ? [completed("m", digest("Hi"))] : [])];
  atOnce(channel.append("p", token, { ...frame(0, ...changes), channel: name }));
  channel.detach("p", nobody);
  return channel;
}

describe("where there is no room for another channel", () => {
  test("the one that was idle for longest is forgotten, and begins another epoch", () => {
    const { epoch } = use("a").state;
    for (const name of ["b", "c"]) use(name);
    clock.advance(1);
    expect(channels.open("a").state.epoch).toBe(epoch); // used again: b is the oldest now
    use("d");
    expect(channels.open("a").state).toMatchObject({ epoch, seq: 1 });
    clock.advance(1);
    expect(channels.open("b").state.seq).toBe(0);
    expect(channels.gauges().channels).toBe(3);
    expect(channels.open("c").state.seq).toBe(0); // it made room for b
  });

  test("it is idle since the last one left, not since that one came", () => {
    clock.advance(1);
    const busy = channels.open("a");
    const consumer = {
      binary: false,
      isCongested: false,
      send: () => undefined,
      fits: () => true,
      deliver: () => undefined,
      pace: () => undefined,
      fail: () => undefined,
    };
    const subscription = busy.follow(consumer);
    use("b");
    use("c");
    atOnce(busy.attach("p", nobody));
    clock.advance(1);
    subscription.end();
    atOnce(
      busy.append("p", 1, { ...frame(0, added("m"), completed("m", digest(""))), channel: "a" }),
    );
    busy.detach("p", nobody);
    use("d");
    expect(channels.open("a")).toBe(busy);
  });

  test("those that came to nothing go before those that hold something", () => {
    const kept = use("a");
    channels.open("b");
    channels.open("c");
    channels.open("d");
    expect(channels.open("a")).toBe(kept);
    expect(channels.gauges().channels).toBe(2);
  });

  test("one that is read, written, waited for or still open is not forgotten", () => {
    const written = channels.open("a");
    atOnce(written.attach("p", nobody));
    const open = use("b", false);
    const asked = use("c");
    const result = vi.fn();
    const command = { type: "command", channel: "c", id: "1", name: "stop" } as const;
    asked.commands.ask({ onResult: result }, undefined, command);
    expect(() => channels.open("d")).toThrow(
      expect.objectContaining({ code: "overloaded", channel: "d" }),
    );
    for (const channel of [written, open, asked]) expect(channels.open(channel.name)).toBe(channel);
    clock.advance(30_000); // nobody has answered the command
    channels.open("d");
    expect(channels.open("a")).toBe(written);
    expect(channels.open("b")).toBe(open);
  });

  test("a channel that has ended is forgotten as any other, and so are its timers", () => {
    const channel = use("a");
    const { token } = atOnce(channel.attach("p", nobody));
    atOnce(channel.append("p", token, { ...frame(1, { type: "channel_closed" }), channel: "a" }));
    channel.detach("p", nobody);
    for (const name of ["b", "c", "d"]) use(name);
    expect(channels.open("a").state.closed).toBeFalsy();
    clock.advance(1_000_000);
    expect(clock.pending).toBe(0);
  });
});
