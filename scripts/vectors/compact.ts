import { CodecContext, snapshotFrames } from "@deltawire/protocol";
import type { Change, ChangesFrame, JsonValue, MessageSnapshot } from "@deltawire/spec";
import { type ContextFrame, encodeInContext } from "../../packages/protocol/src/msgpack-codec.js";
import { decodeInContext } from "../../packages/protocol/src/msgpack-reader.js";
import { NameTable } from "../../packages/protocol/src/name-table.js";
import { Packer } from "../../packages/protocol/src/packer.js";
import { stateOf } from "./algebra.js";
import { bytesOf, CHANNEL, errorOf, hexOf, plainContext, type Step } from "./msgpack-streams.js";
import { plainFrame } from "./plain.js";

/** How texts are packed among compact values: as timestamps, or as they are. */
export const timestamps: readonly { readonly text: string; readonly hex: string }[] = [
  "1970-01-01T00:00:00Z",
  "1970-01-01T00:00:00.000Z",
  "2026-11-21T19:30:00Z",
  "2026-11-21T19:30:00.123Z",
  "2000-02-29T23:59:59.999Z",
  "2106-02-07T06:28:15Z",
  "2106-02-07T06:28:16Z",
  "2106-02-07T06:28:16.000Z",
  "2514-05-30T01:53:03.999Z",
  "2514-05-30T01:53:04.000Z",
  "1969-12-31T23:59:59Z",
  "2100-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T23:59:60Z",
  "2026-01-01T00:00:00.5Z",
  "2026-01-01T00:00:00.123456Z",
  "2026-01-01T00:00:00+00:00",
  "2026-01-01t00:00:00Z",
  "2026-01-01 00:00:00Z",
].map((text) => ({
  text,
  hex: hexOf(new Packer().pack(text, { keys: new NameTable(), learns: false })),
}));

/** One direction of a connection whose two ends write and read compact values. */
class Stream {
  readonly steps: Step[] = [];
  #seq = 0;
  readonly #writer = new CodecContext(0, true);
  readonly #reader = new CodecContext(0, true);

  send(...changes: Change[]): this {
    return this.#read(encodeInContext(this.#writer, this.#frame(changes)), changes.length > 0);
  }

  /** One that goes over versions. */
  leap(steps: number, ...changes: Change[]): this {
    const frame = { ...this.#frame(changes), to: this.#seq + steps - 1 };
    this.#seq += steps - 1;
    return this.#read(encodeInContext(this.#writer, frame), true);
  }

  /** Answers a request: states the context. */
  restate(frame: ContextFrame): this {
    return this.#read(encodeInContext(this.#writer, frame), true);
  }

  lose(...changes: Change[]): this {
    const hex = hexOf(encodeInContext(this.#writer, this.#frame(changes)));
    this.steps.push({ hex, missing: true });
    return this;
  }

  /** Read, whoever has written it. */
  read(hex: string): this {
    return this.#read(bytesOf(hex.replaceAll(" ", "")), false);
  }

  #frame(changes: readonly Change[]): ChangesFrame {
    this.#seq += 1;
    return { type: "changes", channel: CHANNEL, from: this.#seq - 1, to: this.#seq, changes };
  }

  #read(bytes: Uint8Array, isWritten: boolean): this {
    let outcome: Step;
    try {
      const frame = decodeInContext(this.#reader, CHANNEL, bytes);
      outcome = { frame: frame ? plainFrame(frame) : null };
    } catch (error) {
      outcome = { error: errorOf(error) };
    }
    // What comes after frames that are missing is written too, and read as a gap.
    const { lost, keys, loading } = this.#reader;
    const isKnown = isWritten && (!lost || loading !== undefined);
    const context = { ...plainContext(this.#reader), ...(!lost && { keys: keys?.stated }) };
    this.steps.push({
      hex: hexOf(bytes),
      ...(isKnown && { written: true }),
      ...outcome,
      context,
    });
    return this;
  }
}

const added = (
  id: string,
  value: JsonValue,
  more: Partial<Pick<MessageSnapshot, "attributes" | "role">> = {},
): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "tool",
  parts: [{ id: "j", kind: "json", value }],
  ...more,
});
const replaced = (id: string, value: JsonValue): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "json_patch", part: "j", operations: [{ op: "replace", path: "", value }] }],
});

const CALL = {
  tool_call: "read_file",
  arguments: { path: "src/a.ts", a: 1 },
  started_at: "2026-11-21T19:30:00.123Z",
};

function learned(): Stream {
  return new Stream()
    .send(added("m", CALL, { attributes: { created_at: "2026-11-21T19:30:00Z" } }))
    .send(
      added("n", CALL, { attributes: { created_at: "2026-11-21T19:30:01Z", path: { path: 1 } } }),
    )
    .send({ type: "channel_patch", attributes: [{ op: "add", path: "/task", value: CALL }] })
    .send({ type: "message_removed", id: "n" })
    .send(added("2026-11-21T19:30:00Z", "2026-11-21T19:30:00Z", { role: "2026-11-21T19:30:00Z" }))
    .leap(3, replaced("m", { path: { tool_call: [{ path: null }] } }));
}

function forgotten(): Stream {
  const stream = new Stream().send(added("m", { first: 1 }));
  const many = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`key${from + i}`, i]));
  stream.send(replaced("m", many(0, 63))).send(replaced("m", { first: 1, key0: 1 }));
  stream.send(replaced("m", { another: 1, first: 1, key0: 1 }));
  for (let i = 0; i < 4; i++) stream.send(replaced("m", many(100 * i, 100 * i + 64)));
  const long = (letter: string, length: number) => ({ [letter.repeat(length)]: 1 });
  stream.send(replaced("m", long("é", 1000))).send(replaced("m", { short: 1, ...long("é", 1000) }));
  return stream.send(replaced("m", { ...long("x", 2049), ...long("y", 2048), short: 1, y: 2 }));
}

function stated(): Stream {
  const stream = new Stream().send(added("m", CALL));
  const state = stateOf(
    {
      attributes: { path: "2026-11-21T19:30:00Z" },
      messages: [
        {
          id: "m",
          generation: 0,
          role: "tool",
          status: "completed",
          parts: [{ id: "j", kind: "json", value: CALL }],
        },
        {
          id: "n",
          generation: 0,
          role: "tool",
          status: "completed",
          parts: [{ id: "j", kind: "json", value: { new_key: 1, path: 2 } }],
        },
      ],
    },
    1,
  );
  for (const frame of snapshotFrames(CHANNEL, state, 1, 40)) stream.restate(frame);
  stream.send(added("o", { new_key: 1, path: 2 }));
  const changes = [added("p", { path: CALL.started_at, unseen: 1, id: 1 })];
  stream.restate({ type: "changes", channel: CHANNEL, from: 0, to: 2, request: 2, changes });
  stream.send(added("q", { unseen: 1, path: 2 }));
  // A plain one: there are no keys after it.
  stream.read("96 01 00 03 02 93 90 90 c0 90");
  return stream.read("93 08 04 98 00 a1 72 00 a4 74 6f 6f 6c c0 81 00 01 c0 90");
}

function gone(): Stream {
  return new Stream()
    .send(added("m", CALL))
    .lose(added("n", { unseen: 1 }))
    .send(added("o", { unseen: 1 }))
    .send(added("p", { unseen: 1 }));
}

const refusedAfter = (hex: string): Stream =>
  new Stream().send(added("m", { status: 1 })).read(hex);
const inValue = (value: string): string => `93 08 02 93 06 00 93 02 a0 ${value}`;

export const compactStreams: readonly { readonly name: string; readonly steps: readonly Step[] }[] =
  [
    { name: "keys are learned in order, and texts are times anywhere", steps: learned().steps },
    { name: "the oldest keys are forgotten", steps: forgotten().steps },
    { name: "a snapshot and a catch-up state the keys", steps: stated().steps },
    { name: "frames are missing: what follows is not looked at", steps: gone().steps },
    ...Object.entries({
      "a number that no key has": inValue("81 01 01"),
      "a number beyond all keys": inValue("81 cc 80 01"),
      "a key that is neither": inValue("81 c3 01"),
      "a timestamp as a key": inValue("81 d6 ff 00 00 00 00 01"),
      "another extension": inValue("d6 00 00 00 00 00"),
      "a timestamp of 12 bytes": inValue(`c7 0c ff${" 00".repeat(12)}`),
      "a part of a millisecond": inValue("d7 ff 00 00 00 04 00 00 00 00"),
      "a second of nanoseconds": inValue("d7 ff ee 6b 28 00 00 00 00 00"),
      "a leap without a version": "92 0d 02",
      "keys that nobody could have made": "97 09 92 00 a1 78 00 01 01 93 90 90 c0 90",
      "__proto__ by number":
        "97 09 92 00 a9 5f 5f 70 72 6f 74 6f 5f 5f 00 02 01 93 90 90 c0 91 82 a4 74 79 70 65 ad 63 68 61 6e 6e 65 6c 5f 70 61 74 63 68 aa 61 74 74 72 69 62 75 74 65 73 91 83 a2 6f 70 a3 61 64 64 a4 70 61 74 68 a0 a5 76 61 6c 75 65 81 00 01",
    }).map(([name, hex]) => ({ name, steps: refusedAfter(hex).steps })),
  ];
