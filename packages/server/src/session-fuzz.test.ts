import type { Wire } from "@deltawire/protocol";
import { createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { encode as pack } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anyFrame,
  anyJson,
  FRAME_SHAPES,
  FRAME_TYPES,
  mutate,
  mutations,
} from "../../../spec/src/testing.js";
import { added, append, frame } from "./testing/changes.js";
import { startHostile } from "./testing/hostile.js";
import type { TestClient, TestServer } from "./testing/pair.js";

// Whatever a client sends: every answer is a frame that a client can read, every error has a code
// and a message, the server has no defect, and the others go on. The codec at the client's end is
// the judge of what comes back.

const runs = Number(process.env.DELTAWIRE_FUZZ_RUNS ?? 300);

function attack(codec: "json" | "msgpack", messages: readonly Wire[]): void {
  const { server, client, expectAllWell } = startHostile(codec);
  prepare(client, server);
  let attacker = client;
  for (const message of messages) {
    if (attacker.closed) {
      expect(attacker.closed.code).toBe(4400);
      attacker = server.connect(codec);
      prepare(attacker, server);
    }
    attacker.up.send(message);
    for (const answer of attacker.take()) {
      if (answer.type === "error") expect(answer.message).toMatch(/\w/);
    }
  }
  attacker.session.end();
  server.turn();
  expectAllWell(server.connect(codec));
}

/** Attached, following, and with messages in the channel, so that there is something to hit. */
function prepare(client: TestClient, server: TestServer): void {
  client.produce("p", "mine");
  client.send({ type: "subscribe", channel: "mine", request: 1 });
  const parts = [
    { id: "text", kind: "text", text: "Hello" },
    { id: "data", kind: "json", value: { a: [1] } },
    { id: "out", kind: "bytes", bytes: new Uint8Array(3) },
  ] as const;
  const { messages, seq } = server.channel("mine").state;
  const generation = (messages[0]?.generation ?? -1) + 1;
  if (seq === 0 || messages[0]?.isFinal) {
    client.send({ ...frame(0, added("m", "", { generation, parts })), channel: "mine" });
    client.send({ ...frame(1, append("m", 5, "!")), channel: "mine" });
  }
  client.take();
}

const bytes = fc.uint8Array({ maxLength: 40 });
const check = (property: fc.IProperty<unknown>): void => fc.assert(property, { numRuns: runs });

test("random text and random bytes", () => {
  check(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: "binary" }), bytes), { maxLength: 30 }),
      (list) => {
        attack("json", list);
        attack("msgpack", list);
      },
    ),
  );
}, 120_000);

test("random JSON, and frames of every type with something wrong in them", () => {
  const spoiled = fc
    .constantFrom(...FRAME_TYPES)
    .chain((type) => fc.tuple(anyFrame(type), fc.nat()))
    .map(([whole, n]) => {
      const all = [...mutations(FRAME_SHAPES[whole.type], plainFrame(whole))];
      const mutation = all[n % all.length];
      return JSON.stringify(mutation ? mutate(plainFrame(whole), mutation) : whole);
    });
  const whole = fc
    .constantFrom(...FRAME_TYPES)
    .chain(anyFrame)
    .map((frame) => JSON.stringify(aimed(plainFrame(frame))));
  const message = fc.oneof(
    spoiled,
    whole,
    anyJson.map((value) => JSON.stringify(value)),
  );
  check(fc.property(fc.array(message, { maxLength: 20 }), (list) => attack("json", list)));
}, 120_000);

/** Bytes as base64, as the JSON codec has them. */
function plainFrame(frame: Frame): object {
  const [message] = createCodec(SUBPROTOCOLS.json).encode(frame);
  return JSON.parse(String(message));
}

/** The same about the channel, the message and the parts that are there. */
function aimed(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (key, item: unknown) => {
    if (key === "channel" && typeof item === "string") return "mine";
    if (key === "id" && typeof item === "string") return "m";
    if (key === "part" && typeof item === "string") return ["text", "data", "out"][item.length % 3];
    if (key === "from") return 2;
    return key === "to" ? 3 : item;
  });
}

const names = fc.constantFrom("m", "mine", "text", "data", "/a/0", "", "type", "produce", "p");
const keys = fc.constantFrom("type", "toString", "valueOf", "__proto__", "channel", "id", "a");
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -2, max: 16 }),
    fc.integer({ min: -2, max: 200 }),
    names,
    fc.constantFrom(null, true, 0.5, 2 ** 40, "/a", "x".repeat(300)),
    bytes,
    fc.array(tie("anything"), { maxLength: 5 }),
    fc.dictionary(keys, tie("anything"), { maxKeys: 3 }),
  ),
}));

test("MessagePack of any structure: arrays that look like frames and tuples, odd values in them", () => {
  const tuple = fc
    .tuple(fc.integer({ min: -1, max: 15 }), fc.array(anything, { maxLength: 6 }))
    .map(([code, rest]) => [code, ...rest]);
  const live = fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.array(tuple, { maxLength: 4 }))
    .map(([low, tuples]) => pack([0, low, ...tuples]));
  const array = tuple.map((value) => pack(value));
  const map = fc.dictionary(keys, anything).map((value) => pack(value));
  const short = fc
    .tuple(fc.integer({ min: 0, max: 8 }), bytes)
    .map(([low, rest]) => new Uint8Array([low, ...rest]));
  const ordinal = short.map((rest) => new Uint8Array([0xc1, ...rest]));
  const message = fc.oneof({ weight: 3, arbitrary: live }, array, map, short, ordinal);
  check(fc.property(fc.array(message, { maxLength: 25 }), (list) => attack("msgpack", list)));
}, 120_000);

test("frames of a well-behaved client, cut, repeated, left out and with bytes turned over", () => {
  const recorded = record();
  const step = fc.record({
    at: fc.nat({ max: recorded.length - 1 }),
    cut: fc.option(fc.nat({ max: 40 })),
    flip: fc.option(fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 255 }))),
  });
  check(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const messages = steps.map(({ at, cut, flip }) => {
        const message = new Uint8Array(recorded[at] as Uint8Array).slice(0, cut ?? undefined);
        if (flip && message.length > 0) {
          const index = flip[0] % message.length;
          message[index] = (message[index] ?? 0) ^ flip[1];
        }
        return message;
      });
      attack("msgpack", messages);
    }),
  );
}, 120_000);

/** What a client sends that does everything once. */
function record(): Uint8Array[] {
  const { server } = startHostile("msgpack");
  const client = server.connect("msgpack");
  const sent: Uint8Array[] = [];
  const { send } = client.up;
  client.up.send = (message) => {
    if (typeof message !== "string") sent.push(message);
    send.call(client.up, message);
  };
  prepare(client, server);
  client.send(
    {
      ...frame(2, {
        type: "message_patch",
        id: "m",
        parts: [
          { type: "json_patch", part: "data", operations: [{ op: "add", path: "/b", value: {} }] },
          { type: "bytes_patch", part: "out", trimmed: 1, appended: new Uint8Array(2) },
          { type: "part_inserted", content: { id: "n", kind: "text", text: "x" }, before: "out" },
        ],
        attributes: [{ op: "add", path: "/model", value: "m" }],
        status: "interrupted",
      }),
      channel: "mine",
    },
    { ...frame(3, append("m", 6, "more")), channel: "mine" },
    { ...frame(4, { type: "message_removed", id: "m" }), channel: "mine" },
    { type: "unsubscribe", channel: "mine" },
    { type: "ping", id: 1 },
  );
  return sent;
}
