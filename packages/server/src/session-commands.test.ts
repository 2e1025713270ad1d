import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type Frame,
  LIMITS,
} from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import { ServerChannel } from "./server-channel.js";
import { added, frame } from "./testing/changes.js";
import { type TestClient, TestServer } from "./testing/pair.js";

const command = (id: string, more: Partial<CommandFrame> = {}): CommandFrame => ({
  type: "command",
  channel: "c",
  id,
  name: "stop",
  ...more,
});
const result = (
  id: string,
  status: CommandResultFrame["status"],
  more: Partial<CommandResultFrame> = {},
): CommandResultFrame => ({ type: "command_result", channel: "c", id, status, ...more });
const failed = (id: string, code: string) =>
  result(id, "failed", { error: expect.objectContaining({ code }) });

let server: TestServer;
let consumer: TestClient;
let producer: TestClient;

/** Attaches a producer that takes commands; its `producing` is taken already. */
function take(client: TestClient, id: string, channel = "c"): Frame[] {
  client.send({ type: "produce", channel, producer: id, instance: "i", commands: true });
  return client.take().slice(1);
}

beforeEach(() => {
  server = new TestServer();
  consumer = server.connect("json");
  producer = server.connect("msgpack");
});

describe("a command", () => {
  test("goes to the producer, and its result comes back; there and back as it was", () => {
    take(producer, "p");
    const value = { text: "And in 3D?", at: [0, null] };
    consumer.send(command("1", { name: "prompt", value, timeout: 60_000 }));
    expect(consumer.take()).toEqual([result("1", "accepted")]);
    expect(producer.take()).toEqual([command("1", { name: "prompt", value, timeout: 60_000 })]);
    producer.send(result("1", "done", { value: 0 }));
    expect(consumer.take()).toEqual([result("1", "done", { value: 0 })]);
  });

  test("needs no subscription, and comes after `producing`", () => {
    consumer.send(command("1"));
    producer.send({ type: "produce", channel: "c", producer: "p", commands: true });
    expect(producer.take().map(({ type }) => type)).toEqual(["producing", "command"]);
  });

  test("does not go to who has not said that it takes commands", () => {
    producer.produce("p");
    producer.take();
    consumer.send(command("1"));
    expect(producer.take()).toEqual([]);
    server.clock.advance(30_000);
    expect(consumer.take()).toEqual([result("1", "accepted"), failed("1", "timeout")]);
  });

  test("about a message goes to its owner, and waits for the message", () => {
    take(producer, "p");
    const other = server.connect();
    take(other, "q");
    consumer.send(command("1", { message: "m" }));
    expect([...producer.take(), ...other.take()]).toEqual([]);
    producer.send(frame(0, added("m")));
    expect(producer.take().filter(({ type }) => type === "command")).toHaveLength(1);
    expect(other.take()).toEqual([]);
  });

  test("that was sent again over another connection is told there, once it is done", () => {
    take(producer, "p");
    consumer.send(command("1"));
    consumer.session.end();
    const again = server.connect();
    again.send(command("1"));
    expect(again.take()).toEqual([result("1", "accepted")]);
    expect(producer.take()).toHaveLength(1);
    producer.send(result("1", "done"));
    expect(again.take()).toEqual([result("1", "done")]);
    again.send(command("1"));
    expect(again.take()).toEqual([result("1", "done")]);
  });

  test("waits for its producer while that comes back; then it comes again", () => {
    take(producer, "p");
    const other = server.connect();
    take(other, "q");
    take(producer, "p"); // is the latest one
    consumer.send(command("1"), command("2"));
    producer.session.end();
    consumer.send(command("3"));
    expect(other.take()).toEqual([command("3")]);
    const back = server.connect();
    expect(take(back, "p")).toEqual([command("1"), command("2")]);
    back.send(result("1", "done"));
    expect(consumer.take()).toContainEqual(result("1", "done"));
  });

  test("goes to another producer when the lease of the one that has it ends", () => {
    const other = server.connect();
    take(other, "q");
    take(producer, "p");
    consumer.send(command("1"));
    producer.session.end();
    server.clock.advance(14_999);
    expect(other.take()).toEqual([]);
    server.clock.advance(1);
    expect(other.take()).toEqual([command("1")]);
  });

  test("does not go to one that was fenced, and what that says is not heard", () => {
    take(producer, "p");
    consumer.send(command("1"));
    producer.take();
    const other = server.connect();
    other.send({ type: "produce", channel: "c", producer: "p", instance: "j", commands: true });
    expect(other.take().map(({ type }) => type)).toEqual(["producing", "command"]);
    producer.send(result("1", "done"));
    consumer.take();
    other.send(result("1", "failed"));
    expect(consumer.take()).toEqual([failed("1", "internal")]);
  });

  test("stays with the later attachment when the fenced one's connection ends", () => {
    producer.follow(); // the connection goes on
    take(producer, "p");
    const other = server.connect();
    other.send({ type: "produce", channel: "c", producer: "p", instance: "j", commands: true });
    other.take();
    producer.session.end();
    consumer.send(command("1"));
    expect(other.take()).toEqual([command("1")]);
  });

  test("goes to nobody where the later attachment takes none", () => {
    producer.follow(); // the connection goes on
    take(producer, "p");
    const other = server.connect();
    other.send({ type: "produce", channel: "c", producer: "p", instance: "j" });
    producer.take();
    other.take();
    consumer.send(command("1"));
    expect([...producer.take(), ...other.take()]).toEqual([]);
  });

  test("without an answer ends with its time, and leaves no timer", () => {
    const pending = server.clock.pending;
    consumer.send(command("1", { timeout: 50 }), command("2", { timeout: 70 }));
    consumer.take();
    server.clock.advance(60);
    expect(consumer.take()).toEqual([failed("1", "timeout")]);
    server.clock.advance(10);
    expect(consumer.take()).toEqual([failed("2", "timeout")]);
    expect(server.clock.pending).toBe(pending);
  });

  test("past 256 that wait fails, and the others go on", () => {
    for (let i = 0; i <= 256; i++) consumer.send(command(`${i}`));
    const results = consumer.take();
    expect(results.filter((each) => "status" in each && each.status === "accepted")).toHaveLength(
      256,
    );
    expect(results.at(-1)).toEqual(failed("256", "overloaded"));
    expect(take(producer, "p")).toHaveLength(256);
  });

  test("for more channels than a connection may have fails; answered ones make room", () => {
    const ask = (i: number) => consumer.send(command("1", { channel: `c${i}`, timeout: 1000 + i }));
    for (let i = 0; i < LIMITS.max_channels; i++) ask(i);
    consumer.take();
    ask(LIMITS.max_channels);
    const error = expect.objectContaining({ code: "limit_exceeded" });
    expect(consumer.take()).toEqual([expect.objectContaining({ status: "failed", error })]);
    server.clock.advance(1000);
    consumer.take();
    ask(LIMITS.max_channels);
    expect(consumer.take()).toEqual([expect.objectContaining({ status: "accepted" })]);
  });

  test.each<[string, Frame]>([
    ["a result of nothing", result("x", "done")],
    ["a result by one who takes none", result("1", "done")],
  ])("is not ended by %s", (_what, stray) => {
    consumer.send(command("1"));
    producer.produce("p");
    producer.take();
    producer.send(stray);
    consumer.send(stray);
    expect(producer.take()).toEqual([]);
    expect(consumer.take()).toEqual([result("1", "accepted")]);
  });
});

describe("who may", () => {
  const access = (answers: (action: string) => boolean | Promise<boolean>) => ({
    authenticate: () => ({ id: "anna" }),
    authorize: ({ action }: { readonly action: string }) => answers(action),
    expiresIn: () => undefined,
  });

  test("is asked, and a command without that right fails there and then", () => {
    server.access = access((action) => action !== "command");
    consumer = server.connect();
    consumer.send(command("1"));
    expect(consumer.take()).toEqual([failed("1", "forbidden")]);
    expect(consumer.closed).toBeUndefined();
  });

  test("is what producers are told, whatever the command says", () => {
    server.access = access(() => true);
    consumer = server.connect();
    producer = server.connect();
    take(producer, "p");
    consumer.send(command("1", { by: "root" }));
    expect(producer.take()).toEqual([command("1", { by: "anna" })]);
    producer.send(result("1", "done", { by: "anna" }));
    expect(consumer.take()).toContainEqual(result("1", "done"));
  });
});

describe("in the server's own process", () => {
  const open = (producer: string) =>
    new ServerChannel(
      "c",
      {
        clock: server.clock,
        producer,
        open: () => server.channel(),
      },
      { throttle: 0 },
    );

  test("commands are carried out, and sent", async () => {
    const channel = open("local");
    channel.onCommand("stop", (value, { by }) => ({ value: value ?? null, by: by ?? null }));
    consumer.send(command("1", { value: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 0));
    const value = { value: 1, by: null };
    expect(consumer.take()).toEqual([result("1", "accepted"), result("1", "done", { value })]);
    expect(await open("other").command("stop", 2)).toEqual({ value: 2, by: null });
    await expect(channel.command("go")).rejects.toMatchObject({ code: "unknown_command" });
  });

  test("a command to a client is answered by it, or by the end of the server", async () => {
    const channel = open("local");
    take(producer, "p");
    const asked = channel.command("stop", undefined, { id: "1" });
    expect(producer.take()).toEqual([command("1")]);
    producer.send(result("1", "done", { value: "ok" }));
    expect(await asked).toBe("ok");
    const never = channel.command("stop");
    const closing = new DeltawireError("going_away", "the server is closing");
    void channel.close(closing);
    await expect(never).rejects.toBe(closing);
  });
});
