import { randomBytes } from "node:crypto";
import {
  type Channel,
  type ConnectOptions,
  connect,
  type Message,
  type ReadChannel,
} from "@deltawire/client";
import { afterEach, expect, test } from "vitest";
import { type Backend, serveChat } from "./backend.js";

const PATIENCE = { timeout: 20_000, interval: 5 };
const closing: (() => Promise<unknown>)[] = [];
let backend: Backend;

async function start(pace: number): Promise<void> {
  backend = await serveChat({ port: 0, pace });
  closing.push(() => backend.close());
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Somebody with a page of his own. */
function come(options: ConnectOptions = {}) {
  const token = randomBytes(32).toString("base64url");
  const wire = connect(`${backend.url.replace("http", "ws")}wire`, { token, ...options });
  closing.push(() => wire.close());
  const open = (name: string) => {
    const channel = wire.channel(name);
    channel.subscribe(() => undefined);
    return channel;
  };
  return { wire, open };
}

const of = ({ state }: Pick<ReadChannel, "state">, author: string): readonly Message[] =>
  state.messages.filter(({ attributes }) => attributes.author === author);

const planIn = (channel: Pick<ReadChannel, "state">): Message | undefined =>
  channel.state.messages.find(({ kind }) => kind === "plan");

const stepsOf = (message: Message | undefined): unknown => {
  const part = message?.part("plan");
  const { steps = [] } = Object(part?.kind === "json" ? part.value : undefined);
  return steps.map(({ status }: { readonly status: string }) => status);
};

test("who names an agent has its turn: what it says, and a plan that ends with every step done", async () => {
  await start(0);
  const room = come().open("room/general");
  await room.event("message", { role: "person", text: "@relay please", attributes: {} }).held;
  await expect.poll(() => planIn(room)?.status, PATIENCE).toBe("completed");
  expect(stepsOf(planIn(room))).toEqual(Array(5).fill("done"));
  await expect.poll(() => of(room, "relay").length, PATIENCE).toBe(4);
  for (const { status } of of(room, "relay")) expect(status).toBe("completed");
});

test("who stops one message of a turn stops all of it; who asks meanwhile is told to wait", async () => {
  await start(0.5);
  const room = come().open("room/release");
  await expect.poll(() => planIn(room)?.status, PATIENCE).toBe("streaming");
  await room.event("message", { role: "person", text: "@relay?", attributes: {} }).held;
  await expect
    .poll(() => of(room, "relay").map(({ text }) => text), PATIENCE)
    .toContain("I am still at it: stop me, or wait.");
  await room.command("stop", undefined, { message: planIn(room)?.id ?? "" });
  await expect.poll(() => planIn(room)?.status, PATIENCE).toBe("cancelled");
  await expect
    .poll(() => room.state.messages.some(({ isFinal }) => !isFinal), PATIENCE)
    .toBe(false);
});

test("there are rooms that are known and no others, and of the team everybody only reads", async () => {
  await start(0);
  const { wire, open } = come();
  const team = open("team");
  await expect.poll(() => team.state.attributes.agents, PATIENCE).toEqual(["relay", "scout"]);
  const forbidden = expect.objectContaining({ code: "forbidden" });
  await expect(wire.channel("team").event("message").held).rejects.toEqual(forbidden);
  await expect(wire.channel("room/secret").event("message").held).rejects.toEqual(forbidden);
});

test("values are plain for who says so, and for everybody once the server does", async () => {
  await start(0.1);
  const bytes = { compact: 0, plain: 0, json: 0 };
  const rooms = (["compact", "plain", "json"] as const).map((way) => {
    const { wire, open } = come({
      codec: way === "json" ? way : "msgpack",
      compact: way === "compact",
    });
    wire.tap((event) => {
      if (event.type !== "message" || event.frame?.type !== "changes") return;
      if (event.direction === "received")
        bytes[way] += Buffer.byteLength(event.message as Uint8Array);
    });
    return open("room/general");
  });
  const [room] = rooms as [Channel, ...Channel[]];
  const turn = async (id: string) => {
    for (const way of ["compact", "plain", "json"] as const) bytes[way] = 0;
    room.event("message", { id, role: "person", text: "@relay please", attributes: {} });
    const isOver = (each: Channel) => {
      const plans = each.state.messages.filter(({ kind }) => kind === "plan");
      const isOpen = each.state.messages.some(({ isFinal }) => !isFinal);
      return plans.length === turns && !isOpen;
    };
    await expect.poll(() => rooms.every(isOver), PATIENCE).toBe(true);
    return { ...bytes };
  };
  for (const each of rooms) await expect.poll(() => each.status.is, PATIENCE).toBe("live");
  let turns = 1;
  const first = await turn("first");
  expect(first.compact).toBeLessThan(first.plain);
  expect(first.plain).toBeLessThan(0.6 * first.json);

  const forbidden = expect.objectContaining({ code: "forbidden" });
  await expect(come().open("room/secret").command("compact", false)).rejects.toEqual(forbidden);
  await come().open("team").command("compact", false);
  expect(backend.server.compact).toBe(false);
  turns += 1;
  // The first frame after that states anew what those who had it compact hold.
  room.event("message", { id: "between", role: "person", text: "And now?", attributes: {} });
  const has = ({ state }: Channel) => state.message("between") !== undefined;
  await expect.poll(() => rooms.every(has), PATIENCE).toBe(true);
  const second = await turn("second");
  expect(second.compact).toBe(second.plain);
  const served = await (await fetch(`${backend.url}payload`)).json();
  expect(served).toMatchObject({ original: expect.any(Number), sent: expect.any(Number) });
});
