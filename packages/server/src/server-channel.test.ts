import type { ChannelEvent } from "@deltawire/decoder";
import { LIMITS } from "@deltawire/spec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createServer, type Server } from "./server.js";
import { added, completed, frame } from "./testing/changes.js";
import { RawClient } from "./testing/raw-client.js";

const error = (code: string) => expect.objectContaining({ code });
let server: Server;

beforeEach(() => {
  server = createServer();
});
afterEach(() => server.close());

test("is the same for a name, and named within bounds", () => {
  expect(server.channel("c")).toBe(server.channel("c"));
  for (const name of ["", "x".repeat(LIMITS.max_id_length + 1)]) {
    expect(() => server.channel(name)).toThrow(error("limit_exceeded"));
  }
});

test("writes and reads in this process", async () => {
  const channel = server.channel("c", { throttle: 0 });
  const listener = vi.fn();
  const stop = channel.subscribe(listener);
  const reply = channel.write("m", { role: "assistant" });
  reply.append("Hello");
  reply.json("call").set({ status: "running" });
  await expect.poll(() => channel.state.message("m")?.text).toBe("Hello");
  expect(listener).toHaveBeenCalled();
  reply.set("Hello world").json("call").set({ status: "completed" });
  channel.setAttributes({ title: "T" });
  await reply.complete();
  expect(channel.state.attributes).toEqual({ title: "T" });
  expect(channel.state.message("m")).toMatchObject({ status: "completed", text: "Hello world" });
  channel.write("slow").append("Hello");
  await channel.flush();
  expect(channel.state.message("slow")?.text).toBe("Hello");
  stop();
  listener.mockClear();
  await channel.write("n").append("more").complete();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(listener).not.toHaveBeenCalled();
});

test("is read by a filter, beside one that is not, and is told of what matches", async () => {
  const whole = server.channel("c");
  const alerts = server.channel("c", { filter: { kind: "alert", role: "event" } });
  expect(alerts).not.toBe(whole);
  expect(server.channel("c", { filter: { role: "event", kind: "alert" } })).toBe(alerts);
  expect(() => server.channel("c", { filter: { kind: 1 as unknown as string } })).toThrow(
    error("malformed"),
  );
  const events: ChannelEvent[] = [];
  const changes = alerts.changes();
  const reading = (async () => {
    for await (const event of changes) events.push(event);
  })();
  for (const [i, kind] of ["note", "alert", "note", "alert"].entries()) {
    whole.event(kind, { id: `e${i}` });
  }
  await whole.flush();
  const ids = ({ messages }: { readonly messages: readonly { readonly id: string }[] }) =>
    messages.map(({ id }) => id);
  expect(ids(alerts.state)).toEqual(["e1", "e3"]);
  expect(ids(whole.state)).toHaveLength(4);
  await expect.poll(() => ids(events.at(-1)?.state ?? alerts.state)).toEqual(["e1", "e3"]);
  await alerts.event("alert", { id: "own" }).held; // what it writes is the channel's
  expect(ids(whole.state)).toContain("own");
  await changes.return?.();
  await reading;
  await server.delete("c");
  expect(server.channel("c", { filter: { role: "event", kind: "alert" } })).not.toBe(alerts);
});

test("comes again by itself where the channel is followed by too many filters", async () => {
  const stops = Array.from({ length: LIMITS.max_filters }, (_, i) =>
    server.channel("c", { filter: { kind: `k${i}` } }).subscribe(() => undefined),
  );
  server.channel("c").event("late", { id: "e" });
  await server.channel("c").flush();
  const late = server.channel("c", { filter: { kind: "late" } });
  const listener = vi.fn();
  const stop = late.subscribe(listener);
  await new Promise(setImmediate);
  stops[0]?.();
  await expect.poll(() => listener.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
  stop();
});

test("L25: begins again what another writer has ended, once the channel is there", async () => {
  const { url } = await server.listen({ port: 0 });
  const client = await RawClient.open(url);
  client.send({ type: "produce", channel: "c", producer: "p" });
  await client.next("producing");
  client.send(frame(0, added("m", "", { parts: [], generation: 3 }), completed("m")));
  const channel = server.channel("c", { throttle: 0 });
  await expect.poll(() => channel.state.message("m")?.isFinal).toBe(true);
  await channel.write("m", { reopen: true }).append("again").complete();
  expect(channel.state.message("m")).toMatchObject({ generation: 4, text: "again" });
});

test("events are complete at birth, in frames of ten, and hooks are told of each", async () => {
  const channel = server.channel("c");
  const told: string[] = [];
  server.on("message_completed", ({ message }) => told.push(message.id));
  const versions: number[] = [];
  channel.subscribe(() => versions.push(channel.state.seq));
  const events = Array.from({ length: 25 }, (_, i) =>
    channel.event("tick", { attributes: { n: i }, text: `tick ${i}` }),
  );
  await Promise.all(events.map(({ held }) => held));
  const { messages, seq } = channel.state;
  expect(messages.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  expect(messages.every((message) => message.isFinal && message.kind === "tick")).toBe(true);
  expect(seq).toBe(4); // what is written before the channel is there goes first
  await expect.poll(() => told).toEqual(events.map(({ id }) => id));
});

test("a channel may end with an error, which readers see", async () => {
  const channel = server.channel("c", { throttle: 0 });
  await channel.event("tick").held;
  await channel.end(undefined, { code: "timeout", message: "x".repeat(20_000) });
  const { url } = await server.listen({ port: 0 });
  const client = await RawClient.open(url);
  client.send({ type: "subscribe", channel: "c", request: 1 });
  const { closed } = await client.next("snapshot");
  expect(closed).toEqual({ error: { code: "timeout", message: "x".repeat(16_384) } });
});

test("tells of changes: a reset to begin with, then what happens, composed", async () => {
  const channel = server.channel("c", { throttle: 0 });
  const reply = channel.write("m");
  reply.append("Hello");
  await channel.write("m").text().append("!");
  const changes = channel.changes();
  const events: ChannelEvent[] = [];
  const reading = (async () => {
    for await (const event of changes) {
      events.push(event);
      if (event.state.message("m")?.isFinal) return;
    }
  })();
  await reply.append(" world").complete();
  await reading;
  expect(events[0]?.type).toBe("reset");
  expect(events.at(-1)?.state.message("m")?.text).toBe("Hello! world");
});

test("reading ends with the server", async () => {
  const changes = server.channel("c").changes();
  expect((await changes.next()).value).toMatchObject({ type: "reset" });
  const next = changes.next();
  await server.close();
  expect(await next).toEqual({ done: true, value: undefined });
});

test("a refusal ends the message here, and nothing else", async () => {
  const { url } = await server.listen({ port: 0 });
  const channel = server.channel("c", { throttle: 0 });
  const [mine, other] = [channel.write("m"), channel.write("n")];
  mine.append("a");
  await expect.poll(() => channel.state.message("m")?.text).toBe("a");
  const client = await RawClient.open(url);
  client.send({ type: "produce", channel: "c", producer: "p" });
  await client.next("producing");
  client.send(frame(0, added("m", "taken over")));
  await client.settled();
  mine.append("b");
  expect(await mine.closed).toMatchObject({ reason: "lost", error: error("not_owner") });
  expect(mine.signal.aborted).toBe(true);
  await other.append("goes on").complete();
  expect(channel.state.messages.map(({ text }) => text)).toEqual(["taken over", "goes on"]);
});

test("a frame that is refused whole fails the writer, not the process", async () => {
  const { url } = await server.listen({ port: 0 });
  const channel = server.channel("c", { throttle: 0 });
  const reply = channel.write("m").append("a");
  await expect.poll(() => channel.state.message("m")?.text).toBe("a");
  const client = await RawClient.open(url);
  client.send({ type: "produce", channel: "c", producer: "p" });
  await client.next("producing");
  client.send(frame(0, { type: "channel_closed", reason: "over" }));
  await client.settled();
  await expect(reply.append("b").complete()).rejects.toThrow(error("channel_closed"));
  expect(await reply.closed).toMatchObject({ reason: "lost", error: error("channel_closed") });
  expect(() => channel.write("n")).toThrow(error("channel_closed"));
  await RawClient.open(url);
});

test("a producer that takes its id is told, and the writer here", async () => {
  const { url } = await server.listen({ port: 0 });
  const channel = server.channel("c", { throttle: 0 });
  const reply = channel.write("m").append("a");
  await expect.poll(() => channel.state.message("m")?.text).toBe("a");
  const id = channel.state.message("m")?.origin ?? "";
  const client = await RawClient.open(url);
  client.send({ type: "produce", channel: "c", producer: id });
  expect((await client.next("producing")).seq).toBeGreaterThan(0);
  expect(await reply.closed).toMatchObject({ reason: "lost", error: error("fenced") });
});

test("ends: for everybody, with a reason", async () => {
  const channel = server.channel("c");
  await channel.write("m").append("Hi").complete();
  await channel.end("done");
  expect(channel.state.closed).toEqual({ reason: "done" });
  expect(() => channel.write("n")).toThrow(error("channel_closed"));
});

test("what is here is what a client gets", async () => {
  const { url } = await server.listen({ port: 0 });
  const channel = server.channel("c", { throttle: 0 });
  await channel.write("m").append("Hi").complete();
  const client = await RawClient.open(url, "json");
  client.send({ type: "subscribe", channel: "c", request: 1 });
  const snapshot = await client.next("snapshot");
  expect(snapshot.messages).toEqual(channel.state.messages.map((message) => message.snapshot()));
});
