import type { Change, ChangesFrame, ProduceFrame } from "@deltawire/spec";
import { CLOSE_CODES } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Channel } from "./channel.js";
import { BASE_DELAY } from "./reconnection.js";
import { FakeNetwork, type FakeSocket } from "./testing/fake-server.js";
import { append, message, snapshot } from "./testing/frames.js";
import { openWire, turn } from "./testing/open-wire.js";

const error = (code: string) => expect.objectContaining({ code });
let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("writing", () => {
  /** A channel of a connection that is accepted and that has asked to produce. */
  async function writing(): Promise<{
    channel: Channel;
    socket: FakeSocket;
    grant: () => void;
    sent: () => Change[];
  }> {
    const channel = openWire(network).channel("c");
    channel.write("m").append("Hello");
    await turn();
    const { socket } = network;
    socket.accept();
    const [, produce] = socket.take();
    const producer = produce?.type === "produce" ? produce.producer : "";
    const grant = () =>
      socket.deliver({ type: "producing", channel: "c", producer, epoch: "e", seq: 0, token: 1 });
    const sent = () =>
      socket.take().flatMap((frame) => (frame.type === "changes" ? frame.changes : []));
    return { channel, socket, grant, sent };
  }

  test("waits for producing, then everything goes out, in order", async () => {
    const { channel, socket, grant, sent } = await writing();
    channel.write("m").append(" world");
    await turn();
    expect(socket.take()).toEqual([]);
    grant();
    const frames = socket.take();
    frames.forEach((frame, i) => {
      expect(frame).toMatchObject({ type: "changes", channel: "c", from: i, to: i + 1 });
    });
    expect(JSON.stringify(frames)).toMatch(/message_added.*Hello.* world/);
    channel.write("m").append("!");
    await turn();
    expect(sent()).toEqual([append("m", 11, "!")]);
  });

  test("begins in another channel too, over a connection that is there already", async () => {
    const wire = openWire(network);
    wire.channel("c").write("m");
    await turn();
    const { socket } = network;
    socket.accept();
    socket.take();
    wire.channel("d").write("m").append("Hello");
    await turn();
    expect(socket.take()).toEqual([expect.objectContaining({ type: "produce", channel: "d" })]);
  });

  test("is done when it is acknowledged", async () => {
    const { channel, socket, grant } = await writing();
    grant();
    const done = vi.fn();
    const reply = channel.write("m");
    const completing = reply.complete().then(done);
    await turn();
    const last = socket.take().at(-1);
    const seq = last?.type === "changes" ? last.to : 0;
    socket.deliver({ type: "ack", channel: "c", seq: seq - 1 });
    await turn();
    expect(done).not.toHaveBeenCalled();
    socket.deliver({ type: "ack", channel: "c", seq });
    await completing;
    expect(await reply.closed).toEqual({ reason: "completed" });
    await channel.flush(); // nothing is pending
  });

  test("of a message that the server refuses ends, and of no other", async () => {
    const { channel, socket, grant } = await writing();
    grant();
    const [mine, other] = [channel.write("m"), channel.write("n")];
    await turn();
    const refused = [{ message: "m", code: "not_owner", count: 2 }];
    socket.deliver({ type: "ack", channel: "c", seq: 2, refused });
    expect(await mine.closed).toMatchObject({ reason: "lost", error: error("not_owner") });
    expect(() => mine.append("x")).toThrow(error("not_owner"));
    expect(other.append("goes on").ended).toBe(false);
  });

  test.each(["fenced", "channel_closed", "forbidden"])(
    "ends with the error %s, and reading goes on",
    async (code) => {
      const { channel, socket, grant } = await writing();
      channel.subscribe(() => undefined);
      grant();
      const reply = channel.write("m");
      const completing = reply.append("!").complete();
      socket.deliver({ type: "error", code, message: "because", channel: "c", path: "/from" });
      await expect(completing).rejects.toMatchObject({ code, path: "/from" });
      expect(reply.signal.aborted).toBe(true);
      socket.deliver(snapshot(1, 3, message("m", "Hi")));
      expect(channel.state.message("m")?.text).toBe("Hi");
      expect(channel.error).toBeUndefined();
    },
  );

  test.each(["gap", "offset_out_of_range", "some_new_code"])(
    "goes on after the error %s: it produces again, and states what is not there",
    async (code) => {
      const { channel, socket, grant } = await writing();
      grant();
      const completing = channel.write("m").append("!").complete();
      await turn();
      socket.take();
      socket.deliver({ type: "error", code, message: "because", channel: "c", path: "/from" });
      await vi.advanceTimersByTimeAsync(code === "some_new_code" ? 1000 : 0);
      expect(socket.take()).toMatchObject([{ type: "produce", channel: "c", token: 1 }]);
      grant();
      const last = socket.take().at(-1);
      expect(last).toMatchObject({ type: "changes", from: 0 });
      expect(JSON.stringify(last)).toMatch(/message_added.*Hello!.*"status":"completed"/);
      socket.deliver({ type: "ack", channel: "c", seq: last?.type === "changes" ? last.to : 0 });
      await completing;
    },
  );

  test("goes on over another connection, with what the log does not have", async () => {
    const { channel, socket, grant } = await writing();
    grant();
    await turn();
    const reply = channel.write("m");
    const sent = socket.take().length;
    socket.deliver({ type: "ack", channel: "c", seq: sent });
    reply.append(", lost");
    await turn();
    socket.end(1006);
    reply.append(", unsent");
    const completing = reply.complete();
    await vi.advanceTimersByTimeAsync(BASE_DELAY);
    network.socket.accept();
    const [hello, produce, ...none] = network.socket.take();
    expect([hello?.type, none]).toEqual(["hello", []]);
    expect(produce).toMatchObject({ type: "produce", channel: "c", token: 1 });
    const { producer } = produce as ProduceFrame;
    const producing = { type: "producing", channel: "c", producer, epoch: "e" } as const;
    network.socket.deliver({ ...producing, seq: sent, token: 2 });
    const frames = network.socket.take();
    const to = frames.at(-1)?.type === "changes" ? (frames.at(-1) as ChangesFrame).to : 0;
    expect(frames[0]).toMatchObject({ from: sent });
    expect(JSON.stringify(frames)).toMatch(/, lost, unsent.*message_completed/);
    network.socket.deliver({ type: "ack", channel: "c", seq: to });
    await completing;
    expect(await reply.closed).toEqual({ reason: "completed" });
  });

  test("its attributes, and its end", async () => {
    const { channel, grant, sent } = await writing();
    grant();
    sent();
    channel.setAttributes({ title: "T" });
    const ending = channel.end("done");
    await turn();
    expect(sent()).toEqual([
      { type: "channel_patch", attributes: [{ op: "add", path: "/title", value: "T" }] },
      { type: "channel_closed", reason: "done" },
    ]);
    network.socket.end(CLOSE_CODES.superseded);
    await expect(ending).rejects.toThrow(error("superseded"));
  });
});
