import { type Channel, connect, type Wire } from "@deltawire/client";
import { createServer, type Server } from "@deltawire/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Fault, FaultyProxy, type Random, randomOf } from "./faulty-proxy.js";

// Real sockets through a proxy that cuts, silences, delays and throttles them.

const CONSUMERS = 200;
const PRODUCERS = 20;
const CHANNELS = 10;

/** Milliseconds of silence after which an end asks: a half-open connection is found in twice that. */
const HEARTBEAT = 300;

let server: Server;
let port: number;
let proxy: FaultyProxy;
const wires: Wire[] = [];
const rejections: unknown[] = [];
const onRejection = (reason: unknown): number => rejections.push(reason);

beforeEach(async () => {
  process.on("unhandledRejection", onRejection);
  server = createServer();
  const { url } = await server.listen({ port: 0, heartbeat: HEARTBEAT });
  port = Number(new URL(url).port);
});
afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await proxy.close();
  await server.close();
  process.off("unhandledRejection", onRejection);
  expect(rejections.splice(0)).toEqual([]);
});

/** Three of four connections fail in some way, somewhere in their bytes. */
function faults(random: Random): () => Fault {
  return () => {
    const after = random(3000);
    const kind = random(8);
    if (kind < 3) return { is: "cut", after };
    if (kind === 3) return { is: "silence", after };
    if (kind === 4) return { is: "delay", by: 1 + random(30), after };
    if (kind === 5) return { is: "throttle", rate: 1 + random(40), after };
    return { is: "none" };
  };
}

function open(random: Random): Wire {
  const codec = random(2) === 0 ? "json" : "msgpack";
  const wire = connect(`ws://127.0.0.1:${proxy.port}/wire`, { codec, throttle: random(30) });
  wires.push(wire);
  return wire;
}

const PIECES = ["Hello ", "漢字 ", "👩‍👩‍👧 ", "x\n", "\u0000", "e\u0301 ", "שלום ", "🙂"];

/** Writes a message with edits of every kind; returns its text when the server has it. */
async function produce(wire: Wire, channel: string, id: string, random: Random): Promise<string> {
  const reply = wire.channel(channel).write(id);
  let text = "";
  for (let step = 0; step < 120; step++) {
    const piece = PIECES[random(PIECES.length)] ?? "";
    const kind = random(10);
    if (kind < 7) {
      reply.append(piece);
      text += piece;
    } else if (kind < 8) {
      const at = text.lastIndexOf(" ", random(text.length + 1)) + 1;
      reply.splice(at, 0, piece);
      text = text.slice(0, at) + piece + text.slice(at);
    } else if (kind < 9) {
      text = `${text}${piece}.`;
      reply.set(text);
    } else reply.json("status").set({ step, of: 120 });
    if (step % 8 === 0) await new Promise((later) => setTimeout(later, random(60)));
  }
  await reply.complete();
  return text;
}

test(`${CONSUMERS} consumers and ${PRODUCERS} producers on a bad network: every text is right`, {
  timeout: 120_000,
}, async () => {
  const random = randomOf(1);
  let isCalm = false;
  const next = faults(random);
  proxy = await FaultyProxy.start(
    () => port,
    () => (isCalm ? { is: "none" } : next()),
  );
  const name = (i: number) => `thread-${i % CHANNELS}`;
  const consumers: [string, Channel][] = Array.from({ length: CONSUMERS }, (_, i) => {
    const channel = open(random).channel(name(i));
    channel.subscribe(() => undefined);
    return [name(i), channel];
  });
  const calming = setTimeout(() => {
    isCalm = true;
  }, 8000);
  const texts = await Promise.all(
    Array.from({ length: PRODUCERS }, (_, i) => produce(open(random), name(i), `m${i}`, random)),
  );
  clearTimeout(calming);
  isCalm = true;
  texts.forEach((text, i) => {
    const message = server.channel(name(i)).state.message(`m${i}`);
    expect(message?.text).toBe(text);
    expect(message?.status).toBe("completed");
  });
  const last = (channel: string) => server.channel(channel).state.seq;
  await expect
    .poll(() => consumers.filter(([name, { state }]) => state.seq !== last(name)).length, {
      timeout: 60_000,
      interval: 100,
    })
    .toBe(0);
  for (const [channel, { state }] of consumers) {
    const expected = server.channel(channel).state.messages.map((message) => message.snapshot());
    expect(state.messages.map((message) => message.snapshot())).toEqual(expected);
  }
  // The faults have happened, or this has shown nothing.
  expect(Math.min(...Object.values(proxy.counts))).toBeGreaterThan(10);
});

/** What keeps a process alive, by kind. */
const resources = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (/TCP|Timeout|Interval/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

test("L40: nothing is left open by connections that came and went", {
  timeout: 60_000,
}, async () => {
  const random = randomOf(2);
  proxy = await FaultyProxy.start(() => port, faults(random));
  const idle = { TCPServerWrap: 2 }; // the server's and the proxy's
  await expect.poll(resources, { timeout: 10_000 }).toEqual(idle);
  const listeners = process.eventNames().map((name) => process.listenerCount(name));
  const own = Array.from({ length: 20 }, () => open(random));
  for (const [i, wire] of own.entries()) wire.channel(`thread-${i % 3}`).subscribe(() => undefined);
  for (let round = 0; round < 10; round++) {
    await new Promise((later) => setTimeout(later, 100));
    proxy.cut();
  }
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  proxy.cut();
  await expect.poll(() => proxy.open).toBe(0);
  await expect.poll(resources, { timeout: 10_000 }).toEqual(idle);
  expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(listeners);
});
