import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BASE_DELAY } from "./reconnection.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { append, changes, message, snapshot } from "./testing/frames.js";
import { openWire, readChannel, turn } from "./testing/open-wire.js";

let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("reading", () => {
  test("follows from the first reader to the last, and goes on where it was", async () => {
    const { channel, socket, stop } = await readChannel(network);
    const again = channel.subscribe(() => undefined);
    const read = channel.changes();
    expect(socket.take().slice(1)).toEqual([{ type: "subscribe", channel: "c", request: 1 }]);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    expect(channel.isLive).toBe(true);
    stop();
    again();
    again(); // twice is once
    expect(socket.take()).toEqual([]);
    await read.return?.();
    expect(socket.take()).toEqual([{ type: "unsubscribe", channel: "c" }]);
    expect(channel.isLive).toBe(false);
    channel.subscribe(() => undefined);
    const version = { epoch: "e", seq: 3 };
    expect(socket.take()).toEqual([{ type: "subscribe", channel: "c", request: 2, ...version }]);
    socket.deliver({
      type: "subscribed",
      channel: "c",
      request: 2,
      epoch: "e",
      seq: 3,
      answer: "current",
    });
    expect(channel.isLive).toBe(true);
  });

  test("L40: forgets what nobody reads, the channel that was left first; then loads it anew", async () => {
    const { wire, channel, socket, stop } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const kept = wire.channel("kept");
    const stay = kept.subscribe(() => undefined);
    socket.deliver({ ...snapshot(1, 3, message("m", "Ho")), channel: "kept" });
    const leave = (name: string) => wire.channel(name).subscribe(() => undefined)();
    stop();
    for (let i = 0; i < 31; i++) leave(`left-${i}`);
    for (let i = 0; i < 40; i++) wire.channel(`read-${i}`).subscribe(() => undefined);
    leave("c"); // now it was left last
    for (let i = 0; i < 31; i++) leave(`later-${i}`);
    expect(channel.state.message("m")?.text).toBe("Hi");
    leave("one more");
    expect(channel.state.messages).toEqual([]);
    expect(kept.state.message("m")?.text).toBe("Ho");
    stay();
    socket.take();
    channel.subscribe(() => undefined);
    expect(socket.take()).toEqual([{ type: "subscribe", channel: "c", request: 3 }]);
    socket.deliver(snapshot(3, 4, message("m", "Hi!")));
    expect([channel.isLive, channel.state.message("m")?.text]).toEqual([true, "Hi!"]);
  });

  test("L40: lets go of channels that were left and that nobody holds; of a name there is one", async () => {
    const { wire, channel, stop } = await readChannel(network);
    stop();
    const leave = (name: string) => {
      const left = wire.channel(name);
      left.subscribe(() => undefined)();
      return new WeakRef(left);
    };
    const written = new WeakRef(wire.channel("written"));
    written.deref()?.write("m").append("Hi");
    const left = Array.from({ length: 200 }, (_, i) => leave(`left-${i}`));
    await turn();
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    await vi.waitFor(() => {
      collect();
      expect(left.filter((each) => each.deref()).length).toBeLessThanOrEqual(32);
    });
    expect(wire.channel("c")).toBe(channel);
    expect(written.deref()).toBe(wire.channel("written"));
    expect(left.at(-1)?.deref()).toBe(wire.channel("left-199"));
  });

  test("keeps a channel that somebody observes: whoever reads it later, they are told", async () => {
    const { wire, socket } = await readChannel(network);
    const observer = vi.fn();
    const observe = () => wire.channel("observed").observe(observer);
    observe();
    await turn();
    const known = new WeakRef(wire.channel("free"));
    await turn();
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    await vi.waitFor(() => {
      collect();
      expect(known.deref() === undefined).toBe(true); // an error would hold it
    });
    wire.channel("observed").subscribe(() => undefined);
    socket.deliver({ ...snapshot(1, 3, message("m", "Hi")), channel: "observed" } as Frame);
    expect(observer).toHaveBeenCalledTimes(1);
  });

  test("leaves nothing behind, however often it begins and ends", async () => {
    const { channel, socket, listener, stop } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    stop();
    for (let i = 0; i < 1000; i++) channel.subscribe(listener)();
    await turn();
    listener.mockClear();
    channel.subscribe(listener);
    socket.deliver(snapshot(1002, 4, message("m", "Hi!")));
    await turn();
    expect(listener).toHaveBeenCalledOnce();
    expect(network.sockets).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(1); // the connection's heartbeat
  });

  test("is told of once a frame that is painted, of everything until then", async () => {
    const painting: (() => void)[] = [];
    vi.stubGlobal("requestAnimationFrame", (paint: () => void) => painting.push(paint));
    vi.stubGlobal("document", { hidden: false });
    const { channel, socket, listener } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    for (let i = 0; i < 50; i++) socket.deliver(changes(3 + i, append("m", 2 + i, "!")));
    await turn();
    expect(listener).not.toHaveBeenCalled();
    expect(painting).toHaveLength(1);
    for (const paint of painting.splice(0)) paint();
    expect(listener).toHaveBeenCalledOnce();
    expect(channel.state.message("m")?.text).toBe(`Hi${"!".repeat(50)}`);
    socket.deliver(changes(53, append("m", 52, "?")));
    expect(painting).toHaveLength(1);
  });

  test("L17: shows the end, whatever was to be painted before it or comes after it", async () => {
    const painting: (() => void)[] = [];
    vi.stubGlobal("requestAnimationFrame", (paint: () => void) => painting.push(paint));
    vi.stubGlobal("document", { hidden: false });
    const { channel, socket } = await readChannel(network);
    const shown: unknown[] = [];
    channel.subscribe(() => {
      const { status, text } = channel.state.message("m") ?? {};
      shown.push([status, text]);
    });
    const paint = () => {
      for (const run of painting.splice(0)) run();
    };
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const growing = changes(3, append("m", 2, "!"));
    socket.deliver(growing);
    const digests = [{ part: "text", length: 3, crc32: 0x799ec5da }];
    socket.deliver(
      changes(4, { type: "message_completed", id: "m", status: "completed", digests }),
    );
    paint();
    socket.deliver(growing, snapshot(1, 3, message("m", "Hi")));
    paint();
    expect(shown).toEqual([["completed", "Hi!"]]);
    expect(channel.state.message("m")).toMatchObject({ status: "completed", text: "Hi!" });
  });

  test("on a page that is hidden, which paints nothing, is told of soon", async () => {
    vi.stubGlobal("requestAnimationFrame", () => expect.unreachable("nothing is painted"));
    vi.stubGlobal("document", { hidden: true });
    const { socket, listener } = await readChannel(network);
    socket.deliver(snapshot(1, 3));
    await turn();
    expect(listener).toHaveBeenCalledOnce();
  });

  test("L31: the view never gets shorter over a reconnection", async () => {
    const { channel, socket } = await readChannel(network);
    const shown: (string | undefined)[] = [];
    channel.subscribe(() => shown.push(channel.state.message("m")?.text));
    socket.deliver(snapshot(1, 3, message("m", "a long text")));
    await turn();
    socket.end(1006);
    await vi.advanceTimersByTimeAsync(BASE_DELAY);
    network.socket.accept();
    await turn();
    network.socket.deliver({ ...snapshot(2, 5, message("m", "a long text, longer")), more: true });
    await turn();
    expect(channel.state.message("m")?.text).toBe("a long text"); // not all of it is there
    network.socket.deliver(snapshot(2, 5, message("n", "")));
    await turn();
    expect(shown.pop()).toBe("a long text, longer");
    expect(new Set(shown)).toEqual(new Set(["a long text"]));
  });

  test("asks again after a gap, and shows what it has until then", async () => {
    const { channel, socket } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    socket.take();
    socket.deliver(changes(4, append("m", 3, "?")));
    expect(socket.take()).toEqual([
      { type: "subscribe", channel: "c", request: 2, epoch: "e", seq: 3 },
    ]);
    expect(channel.state.message("m")?.text).toBe("Hi");
    expect(channel.isLive).toBe(false);
    socket.deliver({ ...changes(3, append("m", 2, "!?")), to: 5, request: 2 });
    expect(channel.state.message("m")?.text).toBe("Hi!?");
    expect(channel.isLive).toBe(true);
  });

  test.each<[string, Frame]>([
    [
      "a digest that differs",
      { type: "checkpoint", channel: "c", seq: 3, message: "m", part: "text", length: 2, crc32: 1 },
    ],
    ["an offset past the end", changes(3, append("m", 9, "x"))],
  ])("asks for a snapshot after %s, once; then it is an error", async (_what, wrong) => {
    const { channel, socket, listener } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    socket.take();
    socket.deliver(wrong);
    expect(socket.take()).toEqual([{ type: "subscribe", channel: "c", request: 2 }]);
    socket.deliver(snapshot(2, 3, message("m", "Hi")), wrong);
    expect(socket.take()).toEqual([]);
    expect(channel.error?.group).toBe("resync");
    await turn();
    expect(listener).toHaveBeenCalled();
    expect(channel.state.message("m")?.text).toBe("Hi");
  });

  test.each<[string, Frame[]]>([
    [
      "chunks of two versions",
      [{ ...snapshot(1, 3, message("m", "a")), more: true }, snapshot(1, 4, message("m", "b"))],
    ],
    ["a message twice", [snapshot(1, 3, message("m", "a"), message("n", ""), message("m", "b"))]],
  ])("of a snapshot that cannot be throws nowhere: %s", async (_what, frames) => {
    const { channel, socket } = await readChannel(network);
    socket.take();
    socket.deliver(...frames);
    const [asked] = socket.take(); // nothing, where it has begun anew
    if (asked) expect(asked).toEqual({ type: "subscribe", channel: "c", request: 2 });
    if (asked) socket.deliver(snapshot(2, 5, message("m", "b")));
    expect(channel.state.message("m")?.text).toBe("b");
  });

  test("ends with an error that answers it", async () => {
    const { channel, socket, listener } = await readChannel(network);
    const reply = channel.write("m");
    const refusal = {
      type: "error",
      code: "forbidden",
      message: "not yours",
      channel: "c",
    } as const;
    socket.deliver({ ...refusal, request: 1 });
    await turn();
    expect(channel.error).toMatchObject({ code: "forbidden", channel: "c" });
    expect(listener).toHaveBeenCalled();
    expect(reply.ended).toBe(false);
  });

  test("ends, and says so, where the right is withdrawn in mid-stream", async () => {
    const { channel, socket, listener } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    await turn();
    listener.mockClear();
    socket.deliver({ type: "error", code: "forbidden", message: "", channel: "c", request: 1 });
    await turn();
    const error = expect.objectContaining({ code: "forbidden" });
    expect([channel.isLive, channel.status]).toEqual([false, { is: "stopped", error }]);
    expect(channel.state.message("m")?.text).toBe("Hi");
    expect(listener).toHaveBeenCalled();
  });

  test("over MessagePack, in the same words", async () => {
    const wire = openWire(network);
    const channel = wire.channel("c");
    channel.subscribe(() => undefined);
    await turn();
    network.socket.accept(SUBPROTOCOLS.msgpack);
    network.socket.deliver(snapshot(1, 3, message("m", "Hi")));
    network.socket.deliver(changes(3, append("m", 2, " 😀")), changes(4, append("m", 5, "!")));
    expect(channel.state.message("m")?.text).toBe("Hi 😀!");
  });
});
