import { expect, test, vi } from "vitest";
import { together } from "./notifications.js";
import { message, snapshot } from "./testing/frames.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

test("what is to be run is run together, and what comes meanwhile the next time", () => {
  const frames: (() => void)[] = [];
  const notify = together((run) => frames.push(run));
  const ran: string[] = [];
  notify(() => {
    ran.push("a");
    notify(() => ran.push("c"));
  });
  notify(() => ran.push("b"));
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(ran).toEqual(["a", "b"]);
  expect(frames).toHaveLength(2);
  frames[1]?.();
  expect(ran).toEqual(["a", "b", "c"]);
});

test("one that throws keeps nobody else from running", () => {
  const frames: (() => void)[] = [];
  const notify = together((run) => frames.push(run));
  const run = vi.fn();
  notify(() => {
    throw new Error("a listener's");
  });
  notify(run);
  expect(() => frames[0]?.()).toThrow("a listener's");
  expect(run).toHaveBeenCalledTimes(1);
});

test("all channels of a wire, and the wire, tell in one notification", () => {
  const platform = new VirtualPlatform();
  const notify = vi.spyOn(platform, "notify");
  const wire = new Wire("ws://host/wire", {}, platform);
  const listener = vi.fn();
  const channels = ["a", "b", "c"];
  wire.subscribe(listener);
  for (const name of channels) wire.channel(name).subscribe(listener);
  platform.clock.advance(0);
  platform.network.socket.accept();
  platform.clock.advance(0);
  listener.mockClear();
  notify.mockClear();
  const asked = platform.network.socket.take().filter((frame) => frame.type === "subscribe");
  for (const { channel, request } of asked) {
    const frame = { ...snapshot(request, 1, message("m", "hello")), channel };
    platform.network.socket.deliver(frame);
  }
  expect(notify).toHaveBeenCalledTimes(1);
  platform.clock.advance(0);
  expect(listener).toHaveBeenCalledTimes(channels.length + 1);
});
