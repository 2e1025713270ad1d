import { createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { Packer } from "../../packages/protocol/src/packer.js";
import { bytesOf, CHANNEL, errorOf, hexOf, msgpackStreams, type Step } from "./msgpack-streams.js";
import { plainFrame } from "./plain.js";

const control: Frame[] = [
  { type: "hello", version: 1 },
  { type: "hello", version: 1, token: "secret", client: "editor/1" },
  { type: "hello", version: 1, capabilities: ["deflate", "unknown"] },
  { type: "welcome", version: 1, durability: "memory" },
  { type: "welcome", version: 1, durability: "shared", server: "s" },
  { type: "welcome", version: 1, durability: "disk", heartbeat: 15_000, expires_in: 0 },
  { type: "authenticate", token: "" },
  { type: "authenticated" },
  { type: "authenticated", expires_in: 3_600_000 },
  { type: "subscribe", channel: CHANNEL, request: 0 },
  { type: "subscribe", channel: "d", request: 70000, epoch: "e", seq: 5_000_000_000 },
  { type: "subscribed", channel: CHANNEL, request: 1, epoch: "e", seq: 0, answer: "current" },
  { type: "subscribe", channel: CHANNEL, request: 2, last: 0 },
  { type: "subscribe", channel: CHANNEL, request: 3, epoch: "e", seq: 4, last: 20 },
  { type: "unsubscribe", channel: CHANNEL },
  { type: "history", channel: CHANNEL, request: 4, before: "m", last: 2 },
  { type: "history_page", channel: CHANNEL, request: 4, epoch: "e", seq: 9, messages: [] },
  {
    type: "history_page",
    channel: "d",
    request: 5,
    epoch: "e",
    seq: 9,
    earlier: 7,
    messages: [
      {
        id: "k",
        generation: 1,
        role: "assistant",
        kind: "reply",
        attributes: { model: "m" },
        origin: "p",
        parts: [
          { id: "t", kind: "text", text: "é😀" },
          { id: "j", kind: "json", value: [null, { a: 1.5 }] },
          { id: "b", kind: "bytes", bytes: Uint8Array.of(0, 255) },
        ],
        status: "failed",
        error: { code: "model", message: "" },
      },
      { id: "l", generation: 0, role: "", parts: [], status: "streaming" },
    ],
  },
  { type: "produce", channel: CHANNEL, producer: "p" },
  { type: "produce", channel: CHANNEL, producer: "p", instance: "i", token: 1, commands: true },
  { type: "produce", channel: CHANNEL, producer: "p", instance: "i", token: 0, seq: 0 },
  { type: "producing", channel: CHANNEL, producer: "p", epoch: "e", seq: 0, token: 1 },
  {
    type: "producing",
    channel: CHANNEL,
    producer: "p",
    epoch: "e",
    seq: 9,
    token: 2,
    refused: [{ message: "m", code: "message_final", count: 1 }],
  },
  {
    type: "producing",
    channel: CHANNEL,
    producer: "p",
    epoch: "e",
    seq: 7,
    token: 2,
    lease: 15_000,
  },
  { type: "ack", channel: CHANNEL, seq: 1 },
  {
    type: "ack",
    channel: CHANNEL,
    seq: 2,
    refused: [{ message: "m", code: "not_owner", count: 3 }],
  },
  { type: "command", channel: CHANNEL, id: "1", name: "stop" },
  {
    type: "command",
    channel: CHANNEL,
    id: "2",
    name: "prompt",
    value: { text: "And in 3D?" },
    message: "m",
    timeout: 60_000,
    by: "anna",
  },
  { type: "command_result", channel: CHANNEL, id: "1", status: "accepted" },
  { type: "command_result", channel: CHANNEL, id: "1", status: "done", value: null, by: "anna" },
  {
    type: "command_result",
    channel: CHANNEL,
    id: "2",
    status: "failed",
    error: { code: "unknown_command", message: "" },
  },
  { type: "ping" },
  { type: "ping", id: 0 },
  { type: "pong", id: 300 },
  { type: "error", code: "internal", message: "" },
  { type: "error", code: "gap", message: "é", channel: CHANNEL, request: 1, path: "/from" },
  { type: "goodbye", reason: "" },
  { type: "goodbye", reason: "closing", retry_after: 0 },
];

/** A connection's control frames: `select` steps have no frame. */
function controlSteps(): Step[] {
  const writer = createCodec(SUBPROTOCOLS.msgpack);
  return control.flatMap((frame) => {
    const messages = writer.encode(frame);
    return messages.map((message, i) => ({
      hex: hexOf(message as Uint8Array), // MessagePack has no other
      frame: i === messages.length - 1 ? plainFrame(frame) : null,
    }));
  });
}

const pack = (value: unknown): string => {
  return hexOf(new Packer().pack(value));
};

function refusedMessages(): Step[] {
  const inputs: [string, string][] = [
    ["an empty message", ""],
    ["truncated", "82a474797065"],
    ["bytes behind the value", `${pack({ type: "ping" })}00`],
    ["a map key that is a number", "8101c0"],
    ["an extension type", "c80101ff"],
    ["nil", "c0"],
    ["a string", pack("ping")],
    ["no type", pack({})],
    ["an unknown type", pack({ type: "dance" })],
    ["another version", pack({ type: "hello", version: 2 })],
    ["a field of another type", pack({ type: "hello", version: 1, token: 1 })],
    ["a negative number", pack({ type: "ping", id: -1 })],
    ["a fraction", pack({ type: "ping", id: 1.5 })],
    ["an integer beyond 2^53 - 1", "82a474797065a470696e67a26964cfffffffffffffffff"],
    ["ill-formed UTF-8", "82a474797065a470696e67a26964a1ff"],
    ["a surrogate in UTF-8", "82a474797065a470696e67a26964a3eda080"],
    ["a frame of a channel before select", pack({ type: "unsubscribe" })],
    ["an append before select", "0061"],
    ["select of a number that has no name", "920305"],
    ["select beyond the bound", `9303cd0400${pack("c")}`],
    ["a command before select", pack({ type: "command", id: "1", name: "stop" })],
    ["changes as a map", pack({ type: "changes", from: 0, to: 1, changes: [] })],
  ];
  return inputs.map(([name, hex]) => {
    try {
      createCodec(SUBPROTOCOLS.msgpack).decode(bytesOf(hex));
    } catch (error) {
      return { name, hex, error: errorOf(error) };
    }
    throw new Error(`${name} is not refused`);
  });
}

export const msgpackControl: readonly Step[] = controlSteps();
export const msgpackRefused: readonly Step[] = refusedMessages();

const contextFrames = (): Frame[] =>
  msgpackStreams.flatMap(({ steps }) =>
    steps.flatMap(({ encode }) =>
      encode && !JSON.stringify(encode).includes("bytes") ? [encode as Frame] : [],
    ),
  );

/** Every optional field, absent and present; 0 and the empty string are present. */
const SNAPSHOTS: Frame[] = [
  { type: "snapshot", channel: CHANNEL, request: 0, epoch: "e", seq: 0, messages: [] },
  {
    type: "snapshot",
    channel: CHANNEL,
    request: 1,
    epoch: "e",
    seq: 9,
    more: true,
    attributes: { title: "", count: 0, none: null },
    closed: {},
    messages: [
      { id: "m", generation: 0, role: "", status: "streaming", parts: [] },
      {
        id: "n",
        generation: 3,
        role: "assistant",
        kind: "",
        attributes: { a: [{}] },
        origin: "p",
        status: "failed",
        error: { code: "", message: "" },
        parts: [
          { id: "t", kind: "text", text: "" },
          { id: "j", kind: "json", value: null },
          { id: "b", kind: "bytes", bytes: new Uint8Array() },
        ],
      },
    ],
  },
  { type: "snapshot", channel: CHANNEL, request: 2, epoch: "e", seq: 9, earlier: 12, messages: [] },
  {
    type: "snapshot",
    channel: CHANNEL,
    request: 1,
    epoch: "e",
    seq: 9,
    closed: { reason: "" },
    messages: [
      { id: "o", generation: 0, role: "r", status: "cancelled", error: { code: "c" }, parts: [] },
    ],
  },
];

const JSON_FRAMES: Frame[] = [
  ...control,
  ...SNAPSHOTS,
  {
    type: "checkpoint",
    channel: CHANNEL,
    seq: 0,
    message: "m",
    part: "t",
    length: 0,
    crc32: 4_294_967_295,
  },
  { type: "changes", channel: CHANNEL, from: 4, to: 4, request: 0, changes: [] },
  { type: "changes", channel: CHANNEL, from: 4, to: 90, changes: [] },
  ...contextFrames().slice(0, 12),
  {
    type: "changes",
    channel: CHANNEL,
    from: 0,
    to: 1,
    changes: [
      {
        type: "message_patch",
        id: "m",
        parts: [
          {
            type: "part_inserted",
            content: { id: "b", kind: "bytes", bytes: Uint8Array.of(0, 255, 16) },
          },
          { type: "bytes_patch", part: "b", trimmed: 0, appended: new Uint8Array() },
          {
            type: "bytes_patch",
            part: "b",
            trimmed: 3,
            appended: Uint8Array.of(1),
            base: Uint8Array.of(2),
            skipped: 0,
          },
          {
            type: "part_inserted",
            content: {
              id: "c",
              kind: "bytes",
              bytes: new Uint8Array(),
              start: 0,
              base: new Uint8Array(),
            },
          },
        ],
      },
    ],
  },
];

/** Accepted texts; a writer need not write the same text, but one that is read as the same frame. */
export const jsonFrames: readonly object[] = [
  ...JSON_FRAMES.map((frame) => ({
    name: frame.type,
    text: JSON.stringify(plainFrame(frame)),
    frame: plainFrame(frame),
  })),
  {
    name: "unknown fields are ignored",
    text: '{"type":"ping","later":{"__proto__":1},"id":1}',
    frame: { type: "ping", id: 1 },
  },
  {
    name: "white space, and any order",
    text: ' { "id" : 0 ,\n"type":"pong"} ',
    frame: { type: "pong", id: 0 },
  },
  {
    name: "an unknown error code",
    text: '{"type":"error","code":"new","message":"x"}',
    frame: { type: "error", code: "new", message: "x" },
  },
];

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const withValue = (value: string): string =>
  `{"type":"changes","channel":"c","from":0,"to":1,"changes":[{"type":"message_added","id":"m","generation":0,"role":"r","parts":[{"id":"j","kind":"json","value":${value}}]}]}`;
const withText = (value: string): string =>
  withValue("0").replace('"kind":"json","value":0', `"kind":"text","text":${value}`);

export const jsonRefused: readonly object[] = [
  ["not JSON", "{"],
  ["not an object", "[]"],
  ["no type", "{}"],
  ["an unknown type", '{"type":"dance"}'],
  ["another version", '{"type":"hello","version":2}'],
  ["a missing field", '{"type":"subscribe","channel":"c"}'],
  ["an empty id", '{"type":"unsubscribe","channel":""}'],
  ["too long an id", `{"type":"unsubscribe","channel":"${"x".repeat(257)}"}`],
  ["a fraction", '{"type":"subscribe","channel":"c","request":1.5}'],
  ["epoch without seq", '{"type":"subscribe","channel":"c","request":1,"epoch":"e"}'],
  ["to equal to from", '{"type":"changes","channel":"c","from":1,"to":1,"changes":[]}'],
  ["an empty name of a command", '{"type":"command","channel":"c","id":"1","name":""}'],
  ["commands that is false", '{"type":"produce","channel":"c","producer":"p","commands":false}'],
  ["history without a message", '{"type":"history","channel":"c","request":1,"last":1}'],
  [
    "an unknown status of a command",
    '{"type":"command_result","channel":"c","id":"1","status":"maybe"}',
  ],
  [
    "a command's value that is too large",
    `{"type":"command","channel":"c","id":"1","name":"n","value":"${"x".repeat(65_529)}"}`,
  ],
  [
    "a result's value that is too large by its keys",
    `{"type":"command_result","channel":"c","id":"1","status":"done","value":{"${"k".repeat(65_521)}":0}}`,
  ],
  ["a lone high half", withText('"\\ud83d"')],
  ["a lone low half in a value", withValue('["\\ude00"]')],
  ["a lone half in a key", withValue('{"\\ude00":1}')],
  ["__proto__ in a value", withValue('{"a":{"__proto__":1}}')],
  ["prototype inside constructor", withValue('{"constructor":{"prototype":1}}')],
  ["65 containers", withValue(nested(65))],
  [
    "base64 without padding",
    withText('""').replace('"kind":"text","text":""', '"kind":"bytes","bytes":"AA"'),
  ],
  [
    "an unknown change",
    '{"type":"changes","channel":"c","from":0,"to":1,"changes":[{"type":"dance"}]}',
  ],
  [
    "a removed that is negative",
    '{"type":"changes","channel":"c","from":0,"to":1,"changes":[{"type":"message_patch","id":"m","parts":[{"type":"text_splice","part":"t","splices":[{"changed_offset":0,"removed":-1,"text":""}]}]}]}',
  ],
  [
    "a changed_offset that is absent",
    '{"type":"changes","channel":"c","from":0,"to":1,"changes":[{"type":"message_patch","id":"m","parts":[{"type":"text_splice","part":"t","splices":[{"removed":0,"text":""}]}]}]}',
  ],
].map(([name = "", input = ""]) => {
  try {
    createCodec(SUBPROTOCOLS.json).decode(input);
  } catch (error) {
    return { name, text: input, error: errorOf(error) };
  }
  throw new Error(`${name} is not refused`);
});
