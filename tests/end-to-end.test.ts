import { setImmediate } from "node:timers/promises";
import { type Channel, type ChannelState, connect, type Wire } from "@deltawire/client";
import { createServer, type Server } from "@deltawire/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const error = (code: string) => expect.objectContaining({ code });
const codecs = ["json", "msgpack"] as const;
const wires: Wire[] = [];
let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer();
  ({ url } = await server.listen({ port: 0 }));
});
afterEach(async () => {
  await server.close();
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
});

function open(codec: (typeof codecs)[number] = "msgpack", throttle = 0, address = url): Wire {
  const wire = connect(address, { codec, throttle });
  wires.push(wire);
  return wire;
}

function follow(name: string, codec: (typeof codecs)[number] = "msgpack"): Channel {
  const channel = open(codec).channel(name);
  channel.subscribe(() => undefined);
  return channel;
}

const plain = ({ epoch, seq, attributes, messages }: ChannelState): object => ({
  epoch,
  seq,
  attributes,
  messages: messages.map((message) => message.snapshot()),
});

/** Waits until consumers hold what the server holds. */
async function expectEqual(name: string, ...channels: Channel[]): Promise<void> {
  const { state } = server.channel(name);
  for (const channel of channels) {
    await expect.poll(() => channel.state.seq).toBe(state.seq);
    expect(plain(channel.state)).toEqual(plain(state));
    expect(channel.error).toBeUndefined();
  }
}

test.each(codecs)("%s: what is written arrives", async (codec) => {
  const thread = open(codec).channel("thread");
  const viewer = follow("thread", codec);
  const reply = thread.write("m1", { role: "assistant", attributes: { model: "m" } });
  reply.append("Hello");
  await thread.flush();
  reply.append(" world 😀\0");
  reply.json("tool").set({ status: "running" });
  reply.bytes("out").append(new Uint8Array([1, 2, 3]));
  await thread.flush();
  thread.setAttributes({ title: "T" });
  reply.json("tool").set({ status: "completed", output: "ok" });
  reply.splice(0, 5, "HELLO");
  await reply.complete();
  await expectEqual("thread", viewer);
  expect(viewer.state.message("m1")).toMatchObject({
    status: "completed",
    text: "HELLO world 😀\0",
    attributes: { model: "m" },
  });
});

test("a burst of three writers, with consumers that come in the middle of it", async () => {
  const consumers = codecs.map((codec) => follow("thread", codec));
  const writing = [0, 1, 2].map(async (w) => {
    const thread = open(codecs[w % 2], w === 2 ? 5 : 0).channel("thread");
    const reply = thread.write(`m${w}`);
    for (let i = 0; i < 400; i++) {
      reply.append(`${w}.${i} 😀 `);
      if (i % 50 === 0) reply.json("status").set({ done: i, of: 400 });
      if (i % 100 === 50) reply.splice(2, 4, `<${i}>`);
      if (i % 9 === 0) await setImmediate();
      if (i % 80 === 40) consumers.push(...codecs.map((codec) => follow("thread", codec)));
    }
    await reply.complete();
  });
  await Promise.all(writing);
  expect(consumers.length).toBeGreaterThan(20);
  await expectEqual("thread", ...consumers);
}, 20_000);

test("a stream is piped in, and read as composed changes by who patches a view itself", async () => {
  async function* tokens() {
    for (let i = 0; i < 200; i++) {
      yield `token ${i} `;
      if (i % 3 === 0) await setImmediate();
    }
  }
  const reply = open().channel("thread").write("m");
  const view = (async () => {
    let text = "";
    for await (const event of open().channel("thread").changes()) {
      if (event.type === "reset") text = event.state.message("m")?.text ?? "";
      else {
        for (const change of event.changes) {
          if (change.type === "message_added") {
            text = change.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
          }
          for (const part of change.type === "message_patch" ? (change.parts ?? []) : []) {
            if (part.type === "part_inserted" && part.content.kind === "text")
              text = part.content.text;
            for (const splice of part.type === "text_splice" ? [...part.splices].reverse() : []) {
              const { changed_offset: at, removed } = splice;
              text = text.slice(0, at) + splice.text + text.slice(at + removed);
            }
          }
        }
      }
      if (event.state.message("m")?.isFinal) return [text, event.state.message("m")?.text];
    }
    return [];
  })();
  await reply.pipe(tokens());
  await reply.complete();
  const [patched, held] = await view;
  expect(held).toHaveLength(1890);
  expect(patched).toBe(held);
});

describe("one message has one writer", () => {
  test("who states it later has it; who had it learns that, and keeps the rest", async () => {
    const first = open().channel("thread");
    const [mine, other] = [first.write("m").append("mine"), first.write("n").append("other")];
    await first.flush();
    const second = open().channel("thread");
    await second.write("m").append("taken over").complete();
    mine.append("!");
    expect(await mine.closed).toMatchObject({ reason: "lost", error: { code: "message_final" } });
    await other.append(" goes on").complete();
    await expectEqual("thread", follow("thread"));
    const texts = server.channel("thread").state.messages.map(({ text }) => text);
    expect(texts).toEqual(["taken over", "other goes on"]);
  });

  test("a final message is final, until it is opened again by name", async () => {
    const thread = open().channel("thread");
    await thread.write("m").append("done").complete();
    const late = open().channel("thread").write("m").append("late");
    expect(await late.closed).toMatchObject({ error: error("message_final") });
    await thread.write("m", { reopen: true }).append("again").complete();
    expect(server.channel("thread").state.message("m")).toMatchObject({
      generation: 1,
      text: "again",
    });
  });
});

test("a connection carries many channels, in both directions", async () => {
  const wire = open();
  const names = Array.from({ length: 50 }, (_, i) => `thread-${i}`);
  const consumers = names.map((name) => follow(name));
  const replies = names.map((name) => wire.channel(name).write("m"));
  for (let i = 0; i < 20; i++) {
    for (const [n, reply] of replies.entries()) reply.append(`${n}.${i} `);
    await setImmediate();
  }
  await Promise.all(replies.map((reply) => reply.complete()));
  for (const [n, name] of names.entries()) await expectEqual(name, consumers[n] as Channel);
});

test("a server that closes: the view stays and says that it is old, writing waits", async () => {
  const wire = open();
  const thread = wire.channel("thread");
  const viewer = follow("thread");
  const reply = thread.write("m").append("Hello");
  await thread.flush();
  await expectEqual("thread", viewer);
  await server.close();
  await expect.poll(() => viewer.status).toMatchObject({ is: "stale", error: error("going_away") });
  expect(viewer.state.message("m")?.text).toBe("Hello");
  expect(viewer.error).toBeUndefined();
  const completing = reply.append(" world").complete();
  expect(wire.status).toMatchObject({ is: "offline", error: error("going_away") });
  server = createServer();
  await server.listen({ port: Number(new URL(url).port) });
  viewer.subscribe(() => undefined);
  wire.retry();
  await completing;
  expect(server.channel("thread").state.message("m")?.text).toBe("Hello world");
});

test("a server that is not there, and what is no address", async () => {
  const { port } = new URL(url);
  await server.close();
  for (const address of [url, `http://127.0.0.1:${port}/elsewhere`]) {
    const wire = open("msgpack", 0, address);
    wire.channel("thread").subscribe(() => undefined);
    await expect
      .poll(() => wire.status)
      .toMatchObject({ is: "offline", error: error("connection_lost") });
  }
  const completing = open("msgpack", 0, "nonsense").channel("thread").write("m").complete();
  await expect(completing).rejects.toThrow(error("malformed"));
});
