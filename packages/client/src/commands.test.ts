import type { CommandFrame, CommandResultFrame, Frame } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeNetwork } from "./testing/fake-server.js";
import { openWire, turn } from "./testing/open-wire.js";

let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => {
  vi.useRealTimers();
});

const isCommand = (frame: Frame): frame is CommandFrame => frame.type === "command";
const isResult = (frame: Frame): frame is CommandResultFrame => frame.type === "command_result";
const result = (id: string, status: CommandResultFrame["status"], value?: string): Frame => ({
  type: "command_result",
  channel: "c",
  id,
  status,
  ...(value !== undefined && { value }),
});
const command = (id: string, more: Partial<CommandFrame> = {}): CommandFrame => ({
  type: "command",
  channel: "c",
  id,
  name: "stop",
  ...more,
});

/** The next connection, once it is tried; accepted. */
async function reconnect() {
  const { length } = network.sockets;
  for (let i = 0; network.sockets.length === length && i < 100; i++) {
    await vi.advanceTimersByTimeAsync(1000);
  }
  network.socket.accept();
  return network.socket;
}

describe("who asks", () => {
  test("connects for it, without reading or writing anything", async () => {
    const channel = openWire(network).channel("c");
    const asked = channel.command("prompt", { text: "And in 3D?" }, { id: "1", message: "m" });
    await turn();
    network.socket.accept();
    const sent = command("1", { name: "prompt", value: { text: "And in 3D?" }, message: "m" });
    expect(network.socket.take().slice(1)).toEqual([sent]);
    network.socket.deliver(result("1", "accepted"), result("1", "done", "yes"));
    expect(await asked).toBe("yes");
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1); // the heartbeat's
  });

  test("stops while it is reconnecting, and once, whatever was lost on the way", async () => {
    const channel = openWire(network).channel("c");
    channel.subscribe(() => undefined);
    await turn();
    network.socket.accept();
    const before = channel.command("stop", 1, { id: "before" });
    network.socket.end(1006);
    const during = channel.command("stop", 2, { id: "during" });
    const socket = await reconnect();
    expect(socket.take().filter(isCommand)).toEqual([
      command("before", { value: 1 }),
      command("during", { value: 2 }),
    ]);
    socket.deliver(result("before", "accepted"), result("during", "accepted"));
    socket.end(1006); // the results are lost
    const last = await reconnect();
    expect(
      last
        .take()
        .filter(isCommand)
        .map(({ id }) => id),
    ).toEqual(["before", "during"]);
    last.deliver(result("before", "done", "a"), result("during", "done", "b"));
    expect(await Promise.all([before, during])).toEqual(["a", "b"]);
    last.end(1006);
    const none = await reconnect();
    expect(none.take().filter(isCommand)).toEqual([]);
  });

  test("is told in time where there is no connection, and at the end where there is none any more", async () => {
    const wire = openWire(network);
    const late = wire.channel("c").command("stop", undefined, { timeout: 100 });
    const failing = expect(late).rejects.toMatchObject({ code: "timeout" });
    await vi.advanceTimersByTimeAsync(1100);
    await failing;
    const never = wire.channel("c").command("stop");
    const closing = expect(never).rejects.toMatchObject({ code: "closed" });
    await wire.close();
    await closing;
    await expect(wire.channel("c").command("stop")).rejects.toMatchObject({ code: "closed" });
  });
});

describe("who is asked", () => {
  test("produces for it, without having written anything, over every connection", async () => {
    const channel = openWire(network).channel("c");
    const handler = vi.fn(() => "stopped");
    channel.onCommand("stop", handler);
    await turn();
    network.socket.accept();
    const [, produce] = network.socket.take();
    expect(produce).toMatchObject({ type: "produce", channel: "c", commands: true });
    network.socket.deliver(command("1"), command("1"));
    await turn();
    expect(network.socket.take().filter(isResult)).toEqual([result("1", "done", "stopped")]);
    network.socket.end(1006);
    const socket = await reconnect();
    expect(socket.take()).toContainEqual(expect.objectContaining({ commands: true }));
    socket.deliver(command("1"));
    await turn();
    expect(socket.take().filter(isResult)).toEqual([result("1", "done", "stopped")]);
    expect(handler).toHaveBeenCalledOnce();
  });

  test("answers what was begun over a connection that is lost when it comes again", async () => {
    const channel = openWire(network).channel("c");
    let finish: (answer: string) => void = () => undefined;
    const handler = vi.fn(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    channel.onCommand("stop", handler);
    await turn();
    network.socket.accept();
    network.socket.deliver(command("1"));
    network.socket.end(1006);
    finish("done meanwhile");
    const socket = await reconnect();
    socket.deliver(command("1"));
    await turn();
    expect(socket.take().filter(isResult)).toEqual([result("1", "done", "done meanwhile")]);
    expect(handler).toHaveBeenCalledOnce();
  });

  test("to stop: the signals are aborted, of the message that is meant", async () => {
    const channel = openWire(network).channel("c");
    channel.onCommand("stop", () => undefined);
    const [m, n] = [channel.write("m"), channel.write("n")];
    await turn();
    network.socket.accept();
    network.socket.deliver(command("1", { message: "m" }));
    expect([m.signal.aborted, n.signal.aborted]).toEqual([true, false]);
    network.socket.deliver(command("2"));
    expect(n.signal.aborted).toBe(true);
    expect(n.append("Goodbye.").ended).toBe(false); // stopping is the writer's
  });

  test("to stop, without a handler: who has asked for a signal hears it, anybody else does not", async () => {
    const channel = openWire(network).channel("c");
    const reply = channel.write("m");
    const { signal } = reply;
    await turn();
    network.socket.accept();
    const [, produce] = network.socket.take();
    expect(produce).toMatchObject({ commands: true });
    network.socket.deliver(command("1", { message: "other" }), command("2", { message: "m" }));
    await turn();
    expect(signal.aborted).toBe(true);
    const [other, mine] = network.socket.take().filter(isResult);
    expect(other).toMatchObject({ status: "failed", error: { code: "unknown_command" } });
    expect(mine).toEqual(result("2", "done"));
  });
});
