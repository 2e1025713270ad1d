import { CLOSE_CODES, DeltawireError, SUBPROTOCOLS } from "@deltawire/spec";
import { encode as pack } from "@msgpack/msgpack";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { anyFrame, FRAME_TYPES } from "../../../spec/src/testing.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { message, snapshot } from "./testing/frames.js";
import { openWire, turn } from "./testing/open-wire.js";

// Whatever a server sends: nothing throws, what was good stays until something better is whole, and
// the connection goes on or ends with a typed error.

const runs = Number(process.env.DELTAWIRE_FUZZ_RUNS ?? 200);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function attack(codec: keyof typeof SUBPROTOCOLS, messages: readonly unknown[]) {
  const network = new FakeNetwork();
  const wire = openWire(network, { codec });
  const channel = wire.channel("c");
  channel.subscribe(() => undefined);
  const reply = channel.write("m").append("x");
  await turn();
  const { socket } = network;
  socket.accept(SUBPROTOCOLS[codec]);
  socket.deliver(snapshot(1, 3, message("m", "Hi")));
  for (const each of messages) {
    socket.deliverRaw(each);
    expect(channel.state.epoch).not.toBe("");
    reply.ended || reply.append("y");
  }
  await turn();
  if (channel.error) expect(channel.error).toBeInstanceOf(DeltawireError);
  if (reply.ended) expect(await reply.closed).toHaveProperty("reason");
  socket.take();
  socket.deliver({ type: "ping", id: 7 });
  if (!socket.closed) expect(socket.take()).toContainEqual({ type: "pong", id: 7 });
  socket.end(CLOSE_CODES.normal);
  await wire.close();
  await turn();
  expect(vi.getTimerCount()).toBe(0);
}

const aimed = (text: string): string =>
  text
    .replace(/"channel":"[^"\\]*"/g, '"channel":"c"')
    .replace(/"request":\d+/g, '"request":2')
    .replace(/"from":\d+,"to":\d+/g, '"from":3,"to":4');

const bytes = fc.uint8Array({ maxLength: 40 });
const frameText = fc
  .constantFrom(...FRAME_TYPES)
  .chain(anyFrame)
  .map((frame) => JSON.stringify(frame))
  .chain((text) => fc.constantFrom(text, aimed(text), text.slice(0, text.length / 2)));

test("JSON, and what is none", async () => {
  const any = fc.oneof(frameText, fc.json(), fc.string(), bytes);
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 25 }), (list) => attack("json", list)),
    { numRuns: runs },
  );
}, 60_000);

test("MessagePack, and what looks like it", async () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string(), bytes, fc.constant(null));
  const nested = fc.array(fc.oneof(value, fc.array(fc.oneof(value, fc.array(value)))));
  const array = fc
    .tuple(fc.integer({ min: 0, max: 5 }), nested)
    .map(([c, rest]) => pack([c, ...rest]));
  const map = fc
    .dictionary(fc.constantFrom("type", "id", "request", "toString"), value)
    .map((v) => pack(v));
  const short = fc
    .tuple(fc.constantFrom(4, 5, 0xc1), bytes)
    .map(([b, rest]) => Uint8Array.of(b, ...rest));
  const any = fc.oneof(array, map, short, bytes, fc.string());
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 25 }), (list) => attack("msgpack", list)),
    { numRuns: runs },
  );
}, 60_000);
