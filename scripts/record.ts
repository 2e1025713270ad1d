// Records what a server sends to a consumer, message by message, for implementations in other
// languages to follow: spec/conformance/python/README.md says the format.
import { mkdir, writeFile } from "node:fs/promises";
import { createCodec } from "@deltawire/protocol";
import { createServer, type MessageWriter } from "@deltawire/server";
import { SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { WebSocket } from "ws";

const CHANNEL = "thread-42";
const OTHER = "thread-43";

const turn = () => new Promise<void>((next) => setTimeout(next, 5));

type Server = ReturnType<typeof createServer>;

/** Writes what a consumer may meet: every kind of part, edits, two messages, removal, the end. */
async function write(server: Server, half: () => Promise<void>): Promise<void> {
  const channel = server.channel(CHANNEL, { throttle: 4 });
  const other = server.channel(OTHER, { throttle: 4 }).write("elsewhere");
  channel.setAttributes({ title: "Über 漢字" });
  const reply = channel.write("turn-1", { attributes: { model: "m" } });
  reply.append("Hello, \u0000wörld 👩‍👩‍👧\r\n");
  for (let i = 0; i < 40; i++) {
    reply.append(`${i} 👍🏽 `);
    if (i % 3 === 0) reply.text("reasoning").append("…");
    if (i % 5 === 0)
      reply.json("tool").set({ status: "running", output: "x".repeat(i), list: [i, null] });
    if (i % 7 === 0) reply.bytes("raw").append(new Uint8Array([i, 255 - i]));
    if (i % 11 === 0) other.append("other");
    if (i === 20) await half();
    await turn();
  }
  reply.splice(7, 1, "").splice(0, 5, "HELLO");
  reply.text("long").append("long ".repeat(600));
  reply.bytes("raw").trim(3);
  await turn();
  const second = channel.write("turn-2", { role: "user", kind: "prompt" });
  second.append("😀");
  await turn();
  second.set("😁 and more");
  await second.complete();
  await channel.write("turn-3").append("gone").remove();
  reply.json("tool").set({ status: "completed", output: "done" });
  await reply.complete();
  await channel.write("turn-4").append("oh").fail({ code: "model", message: "no more" });
}

/** What there is before the consumer joins: a message that goes on, and one that does not. */
async function begin(server: Server): Promise<MessageWriter> {
  const channel = server.channel(CHANNEL, { throttle: 4 });
  await channel.write("old-1").append("over").complete();
  return channel.write("old-2").append("before the window");
}

/** What a consumer who reads compressed forms says first. */
const COMPRESSED = { type: "hello", version: 1, capabilities: ["deflate"] } as const;

/** Others who follow the channel and read compressed forms: for many of them, a server makes some. */
async function gather(url: string, subprotocol: Subprotocol, count: number): Promise<WebSocket[]> {
  const sockets = Array.from({ length: count }, () => new WebSocket(url, subprotocol));
  const codec = createCodec(subprotocol);
  const subscribe = { type: "subscribe", channel: CHANNEL, request: 1 } as const;
  const messages = [...codec.encode(COMPRESSED), ...codec.encode(subscribe)];
  for (const socket of sockets) {
    await new Promise((open) => socket.once("open", open));
    for (const message of messages) socket.send(message);
  }
  return sockets;
}

/**
 * The lines of a recording: a header, every message from server to client, and the final state.
 *
 * @param last the consumer wants the last so many messages only, of a channel that has others
 * @param crowd that so many others follow, and that all of them read compressed forms
 */
export async function record(
  subprotocol: Subprotocol,
  last?: number,
  crowd = 0,
): Promise<string[]> {
  const server = createServer();
  const old = last === undefined ? undefined : await begin(server);
  const { url } = await server.listen({ port: 0 });
  const others = await gather(url, subprotocol, crowd);
  const lines = [JSON.stringify({ subprotocol, channel: CHANNEL })];
  const client = createCodec(subprotocol);
  const socket = new WebSocket(url, subprotocol);
  const subscribe = (channel: string, request: number) => {
    const window = last !== undefined && { last };
    for (const message of client.encode({ type: "subscribe", channel, request, ...window })) {
      socket.send(message);
    }
  };
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    lines.push(
      JSON.stringify(isBinary ? { hex: data.toString("hex") } : { text: data.toString() }),
    );
  });
  await new Promise((open) => socket.once("open", open));
  const hello = crowd > 0 ? COMPRESSED : ({ type: "hello", version: 1 } as const);
  for (const message of client.encode(hello)) socket.send(message);
  subscribe(CHANNEL, 1);
  subscribe(OTHER, 1);
  await turn();
  await write(server, async () => {
    old?.splice(0, 6, "BEFORE").append("!"); // skipped by who has a window after it
    await turn();
    subscribe(CHANNEL, 2); // asks again, in the middle
    await turn();
    old?.append("?");
  });
  await turn();
  await turn();
  const { attributes, closed, messages } = server.channel(CHANNEL).state;
  // The second window began with the message that was the last one then.
  const earlier = last === undefined ? 0 : 3 - last;
  for (const one of [socket, ...others]) one.terminate();
  await server.close();
  const held = messages.slice(earlier).map((message) => message.snapshot());
  const state = { attributes, closed, ...(earlier > 0 && { earlier }), messages: held };
  lines.push(JSON.stringify({ state }, base64));
  return lines;
}

function base64(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const raw = this[key];
  return raw instanceof Uint8Array ? Buffer.from(raw).toString("base64") : value;
}

if (process.argv[1] === import.meta.filename) {
  const folder = new URL("../spec/conformance/recordings/", import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [name, subprotocol] of Object.entries(SUBPROTOCOLS)) {
    const lines = await record(subprotocol);
    await writeFile(new URL(`${name}.jsonl`, folder), `${lines.join("\n")}\n`);
    const window = await record(subprotocol, 1);
    await writeFile(new URL(`${name}-window.jsonl`, folder), `${window.join("\n")}\n`);
    console.log(`${name}: ${lines.length - 2} messages, ${window.length - 2} with a window`);
  }
}
