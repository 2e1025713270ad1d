import { ChannelState, Composition } from "@deltawire/protocol";
import { DeltawireError } from "@deltawire/spec";
import { describe, expect, it, vi } from "vitest";
import { ChannelReader } from "./channel-reader.js";
import { History } from "./history.js";
import { begin, changes, snapshot, stateOf, subscribed } from "./testing/frames.js";
import { five, setUp } from "./testing/reading.js";

const composing = () => Composition;
const refused = (request: number, code: string) =>
  ({ type: "error", code, message: "no", request }) as const;

describe("a reader whose connection comes and goes", () => {
  it("keeps the view, tells that it is not live, and goes on from its version", () => {
    const { reader, start, append, flush } = setUp();
    const seen: unknown[] = [];
    reader.subscribe(() => seen.push([reader.isLive, reader.state.message("m")?.text]));
    start();
    reader.lost();
    reader.lost();
    flush();
    append("never");
    const { request, seq } = reader.join();
    reader.receive(subscribed(request, "current"));
    flush();
    expect(seen).toEqual([
      [true, "hello"],
      [false, "hello"],
      [true, "hello"],
    ]);
    expect([seq, reader.error]).toEqual([5, undefined]);
  });

  it("tells of a lost history, and feeds why they begin anew", async () => {
    const { reader, start, flush } = setUp();
    const stale: boolean[] = [];
    reader.subscribe(() => stale.push(reader.isStale));
    const feed = reader.changes();
    start();
    expect((await feed.next()).value).toMatchObject({ type: "reset", reason: "initial" });
    reader.receive(snapshot(reader.join().request, ChannelState.of("f")));
    flush();
    reader.receive(changes(0, 1, begin("m", "anew")));
    flush();
    expect(stale).toEqual([false, true, false]);
    const event = await feed.next();
    expect(event.value).toMatchObject({ reason: "history_lost", state: { epoch: "f" } });
  });

  it("is told to come back where an error is for now, and ends where it is not", () => {
    const { host } = setUp();
    const retry = vi.fn();
    const reader = new ChannelReader("c", { ...host, retry, composing });
    reader.subscribe(vi.fn());
    reader.receive(refused(reader.join().request, "overloaded"));
    expect(retry.mock.calls).toMatchObject([[{ code: "overloaded" }]]);
    expect(reader.error).toBeUndefined();
    reader.receive(refused(reader.join().request, "forbidden"));
    expect([reader.error?.code, retry.mock.calls.length]).toEqual(["forbidden", 1]);
    reader.receive(snapshot(2, five));
    expect(reader.state.seq).toBe(0);
  });
});

describe("earlier messages", () => {
  const whole = stateOf(5, begin("a"), begin("b"), begin("c"));
  const [first, second, third] = whole.messages.map((message) => message.snapshot());
  const page = (request: number) =>
    ({
      type: "history_page",
      channel: "c",
      request,
      epoch: "e",
      seq: 5,
      messages: [first ?? expect.fail(), second ?? expect.fail()],
    }) as const;

  function windowed() {
    const { host, flush } = setUp();
    const reader = new ChannelReader("c", { ...host, composing }, { last: 1 });
    const stop = reader.subscribe(vi.fn());
    const { request, last } = reader.join();
    expect(last).toBe(1);
    const messages = [third ?? expect.fail()];
    reader.receive({ ...snapshot(request, whole), earlier: 2, messages });
    return { reader, host, flush, stop };
  }

  it("are loaded once, however often they are asked for", async () => {
    const { reader, host } = windowed();
    const feed = reader.changes();
    await feed.next();
    const loaded = reader.history(2, History);
    expect(reader.history(2, History)).toBe(loaded);
    expect(host.send.mock.calls).toEqual([
      [{ type: "history", channel: "c", request: 2, before: "c", last: 2 }],
    ]);
    reader.receive(page(2));
    await loaded;
    expect(reader.state.messages.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect((await feed.next()).value).toMatchObject({ reason: "earlier_messages" });
    await reader.history(2, History);
    expect(host.send).toHaveBeenCalledTimes(1);
  });

  it.each<[string, string, (of: ReturnType<typeof windowed>) => void]>([
    ["an error", "unknown_message", ({ reader }) => reader.receive(refused(2, "unknown_message"))],
    ["the connection", "connection_lost", ({ reader }) => reader.lost()],
    ["the last reader", "closed", ({ stop }) => stop()],
    ["the end", "fenced", ({ reader }) => reader.end(new DeltawireError("fenced", "gone"))],
  ])("%s rejects what waits: %s", async (_, code, act) => {
    const set = windowed();
    const loaded = set.reader.history(2, History);
    act(set);
    await expect(loaded).rejects.toMatchObject({ code });
    expect(set.reader.state.messages.length).toBe(1);
  });

  it("need a live channel", async () => {
    const { reader } = windowed();
    reader.lost();
    await expect(reader.history(2, History)).rejects.toMatchObject({ code: "connection_lost" });
  });
});
