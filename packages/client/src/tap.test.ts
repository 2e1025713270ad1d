import { createCodec } from "@deltawire/protocol";
import { CLOSE_CODES, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TapEvent } from "./tap.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { append, changes, message, snapshot } from "./testing/frames.js";
import { openWire, readChannel, turn } from "./testing/open-wire.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => vi.useRealTimers());

/** What a tap has told, in short. */
function brief(event: TapEvent): string {
  const { type } = event;
  if (type === "channel") return `channel ${event.channel} ${event.state.seq}`;
  if (type !== "message") return `${type} ${event.connection}`;
  return `${event.direction} ${event.frame?.type}`;
}

describe("over a WebSocket", () => {
  test("everything passes in its order, and nothing once it is stopped", async () => {
    const wire = openWire(network);
    const events: TapEvent[] = [];
    const stop = wire.tap((event) => events.push(event));
    wire.channel("c").subscribe(() => undefined);
    await turn();
    network.socket.accept();
    network.socket.deliver(snapshot(1, 3, message("m", "Hi")), changes(3, append("m", 2, "!")));
    network.socket.end(CLOSE_CODES.going_away, "restart");
    expect(events.map(brief)).toEqual([
      "opened 1",
      "sent hello",
      "sent subscribe",
      "received welcome",
      "received snapshot",
      "received changes",
      "lost 1",
    ]);
    expect(events.at(0)).toMatchObject({ transport: "websocket", at: expect.any(Number) });
    expect(events.at(-1)).toMatchObject({
      code: CLOSE_CODES.going_away,
      error: { code: "going_away" },
    });
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(network.sockets.length).toBeGreaterThan(1);
    expect(events).toHaveLength(7);
  });

  test("messages are as they are on the wire; a select is no frame", async () => {
    const wire = openWire(network);
    const messages: (TapEvent & { type: "message" })[] = [];
    wire.tap((event) => event.type === "message" && messages.push(event));
    wire.channel("c").subscribe(() => undefined);
    await turn();
    network.socket.accept(SUBPROTOCOLS.msgpack);
    const codec = createCodec(SUBPROTOCOLS.msgpack);
    const sent = messages.filter(({ direction }) => direction === "sent");
    expect(sent.map(({ frame }) => frame?.type)).toEqual(["hello", undefined, "subscribe"]);
    const again = sent.map(({ message: bytes }) => codec.decode(bytes));
    expect(again).toEqual(sent.map(({ frame }) => frame));
  });

  test("what cannot be read comes with its error", async () => {
    const { wire, socket } = await readChannel(network);
    const events: TapEvent[] = [];
    wire.tap((event) => events.push(event));
    socket.deliverRaw("{");
    expect(events.map(brief)).toEqual([
      "opened 1",
      "received undefined",
      "sent error",
      "sent subscribe",
    ]);
    expect(events[1]).toMatchObject({ message: "{", error: { code: "malformed" } });
  });

  test("one that begins in the middle knows what the next frame applies to", async () => {
    const { wire, socket } = await readChannel(network);
    wire.channel("unread");
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const events: TapEvent[] = [];
    wire.tap((event) => events.push(event));
    expect(events.map(brief)).toEqual(["opened 1", "channel c 3"]);
    expect(events[1]).toMatchObject({ state: { seq: 3, messages: [{ text: "Hi" }] } });
  });

  test("a connection that was never made is lost; the next one has the next number", async () => {
    const wire = openWire(network);
    const events: TapEvent[] = [];
    wire.tap((event) => events.push(event));
    wire.channel("c").subscribe(() => undefined);
    await turn();
    network.socket.end(1006);
    wire.retry();
    await turn();
    network.socket.accept();
    expect(events.map(brief).slice(0, 3)).toEqual(["lost 1", "opened 2", "sent hello"]);
    await wire.close();
    expect(events.at(-1)).toMatchObject({ type: "lost", connection: 2, error: { code: "closed" } });
  });

  test("an error of a listener breaks nothing, and is not swallowed", async () => {
    const { wire, socket, channel } = await readChannel(network);
    const thrown: unknown[] = [];
    const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => {
      try {
        run();
      } catch (error) {
        thrown.push(error);
      }
    });
    wire.tap((event) => {
      if (event.type === "message") throw new Error("mine");
    });
    const others: string[] = [];
    wire.tap((event) => others.push(brief(event)));
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    later.mockRestore();
    expect(channel.state.message("m")?.text).toBe("Hi");
    expect(others).toContain("received snapshot");
    expect(thrown).toEqual([new Error("mine")]);
  });
});

describe("over HTTP", () => {
  test("events, what is posted and what is answered pass one frame at a time", async () => {
    vi.useRealTimers();
    let write: (text: string) => void = () => undefined;
    const answer: Frame[] = [{ type: "command_result", channel: "c", id: "1", status: "done" }];
    const platform = new VirtualPlatform(async (_url, init) => {
      if (init?.method === "POST") return Response.json({ frames: answer });
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          write = (text) => controller.enqueue(new TextEncoder().encode(text));
        },
      });
      return new Response(body);
    });
    const wire = new Wire("https://host/wire", { transport: "http" }, platform);
    const events: TapEvent[] = [];
    wire.tap((event) => events.push(event));
    const channel = wire.channel("c");
    const stop = channel.subscribe(() => undefined);
    platform.clock.advance(0);
    platform.clock.advance(0);
    await settle();
    write(`data: ${JSON.stringify(snapshot(1, 3, message("m", "Hi")))}\n\n`);
    await vi.waitFor(() => expect(channel.state.seq).toBe(3));
    void channel.command("stop").catch(() => undefined);
    await vi.waitFor(() => expect(events.map(brief)).toContain("received command_result"));
    stop();
    expect(events.map(brief)).toEqual([
      "opened 1",
      "sent subscribe",
      "received snapshot",
      "sent command",
      "received command_result",
      "sent unsubscribe",
    ]);
    const [opened, subscribe, , command] = events;
    expect(opened).toMatchObject({ transport: "http" });
    expect(subscribe).toMatchObject({ message: "/channels/c/events?request=1" });
    expect(command).toMatchObject({ message: expect.stringMatching(/^\{"type":"command"/) });
  });
});

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
