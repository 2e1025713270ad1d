import type { Change, CommandFrame, CommandResultFrame, MessageSnapshot } from "@deltawire/spec";
import type { EngineSnapshot, Entry, ProducerRow } from "../engine/entry.js";

const PRODUCER: ProducerRow = {
  id: "editor-1",
  token: 7,
  seq: 12,
  instance: "k3xq",
  server: "server-a",
  refused: [{ message: "m", code: "message_final", count: 2, seq: 11 }],
  stale: ["m"],
};

const MESSAGE: MessageSnapshot = {
  id: "turn-7",
  generation: 1,
  role: "assistant",
  kind: "chat",
  attributes: { title: "Grüße 😀", deep: [null, true, -1, 1.5, 2 ** 40] },
  origin: "editor-1",
  parts: [
    { id: "t", kind: "text", text: `\ufeff${"a line of text\n\0".repeat(16)}😀` },
    { id: "j", kind: "json", value: { "": [] } },
    { id: "b", kind: "bytes", bytes: Uint8Array.of(0, 128, 255) },
  ],
  status: "failed",
  error: { code: "no", message: "why" },
};

const { status: _, error: _error, ...CONTENT } = MESSAGE;

const splice = (text: string, removed = 0): Change => ({
  type: "message_patch",
  id: "turn-7",
  parts: [{ type: "text_splice", part: "t", splices: [{ changed_offset: 300, removed, text }] }],
});

/** One of every kind of change. */
const CHANGES: readonly Change[] = [
  { type: "message_added", ...CONTENT },
  {
    type: "message_patch",
    id: "turn-7",
    parts: [
      { type: "part_inserted", content: { id: "u", kind: "text", text: "" }, before: "t" },
      { type: "part_removed", part: "u" },
      {
        type: "json_patch",
        part: "j",
        operations: [
          { op: "add", path: "/a", value: 2 ** 53 - 1 },
          { op: "replace", path: "/a", value: "text" },
          { op: "splice", path: "/a", changed_offset: 4, removed: 0, text: "!" },
          { op: "remove", path: "/a" },
        ],
      },
      { type: "bytes_patch", part: "b", trimmed: 1, appended: Uint8Array.of(7) },
    ],
    attributes: [{ op: "remove", path: "/title" }],
    status: "streaming",
    origin: "editor-2",
  },
  {
    type: "message_completed",
    id: "turn-7",
    status: "completed",
    digests: [{ part: "t", length: 0, crc32: 0xffff_ffff }],
  },
  { type: "message_removed", id: "turn-7" },
  { type: "channel_patch", attributes: [{ op: "add", path: "/title", value: "a" }] },
  { type: "channel_closed", reason: "done" },
];

const COMMAND: CommandFrame = {
  type: "command",
  channel: "c",
  id: "k1",
  name: "prompt",
  value: { text: "And in 3D?" },
  message: "turn-7",
  timeout: 60_000,
  by: "anna",
};

const RESULT: CommandResultFrame = {
  type: "command_result",
  channel: "c",
  id: "k1",
  status: "failed",
  error: { code: "internal", message: "no" },
};

const TAKING = { producer: "editor-1", token: 7, server: "server-a" };

const CHANNEL = {
  epoch: "e",
  seq: 9,
  attributes: { title: "a" },
  closed: { reason: "over" },
  messages: [MESSAGE, { id: "turn-1", generation: 0, stored: true }],
} as const;

/** The end of a stream of bytes, and what stands for its beginning. */
const STREAM: readonly Change[] = [
  {
    type: "message_patch",
    id: "turn-7",
    parts: [
      {
        type: "part_inserted",
        content: {
          id: "e",
          kind: "bytes",
          bytes: Uint8Array.of(1),
          start: 2 ** 33,
          base: Uint8Array.of(27, 99),
        },
      },
      {
        type: "bytes_patch",
        part: "e",
        trimmed: 1,
        appended: Uint8Array.of(2),
        base: Uint8Array.of(),
        skipped: 300,
      },
    ],
  },
];

/** Entries of every kind, with and without what may be absent. */
export const STORED_ENTRIES: Readonly<Record<string, Entry>> = {
  begun: { type: "begun", channel: CHANNEL, token: 8, pending: [{ id: "turn-7", generation: 1 }] },
  attached: { type: "attached", producer: PRODUCER, changes: [] },
  "attached, in short": {
    type: "attached",
    producer: { id: "p", token: 1, seq: 0, refused: [], stale: [] },
    changes: [{ type: "message_patch", id: "m", status: "streaming" }],
  },
  renewed: { type: "renewed", producer: "p", server: "server-b", changes: [] },
  "an append": { type: "appended", producer: "editor-1", seq: 13, changes: [splice(" world")] },
  "a replacement": { type: "appended", producer: "p", seq: 2 ** 40, changes: [splice("", 3)] },
  appended: {
    type: "appended",
    producer: "editor-1",
    seq: 14,
    changes: CHANGES,
    refused: [{ message: "m", code: "not_owner", count: 1 }],
    stale: ["m"],
  },
  "appended to a stream": { type: "appended", producer: "p", seq: 3, changes: STREAM },
  events: {
    type: "appended",
    producer: "editor-1",
    seq: 15,
    changes: [
      { type: "message_added", ...CONTENT, status: "completed" },
      { type: "message_added", ...CONTENT, status: "failed", error: { code: "no" } },
      { type: "channel_closed", error: { code: "timeout", message: "30 s" } },
    ],
  },
  left: { type: "left", producers: ["p", "q"], since: 1_790_000_000_000 },
  lapsed: { type: "lapsed", interrupted: ["p"], lost: ["q"], changes: [] },
  changed: { type: "changed", changes: [{ type: "message_removed", id: "m" }] },
  kept: { type: "kept", server: "server-a" },
  "kept by nobody": { type: "kept" },
  hooked: { type: "hooked", messages: [{ id: "m", generation: 2 }] },
  asked: { type: "asked", by: "anna", frame: COMMAND, now: 1_790_000_000_000 },
  taking: { type: "taking", ...TAKING },
  away: { type: "away", producer: "p", token: 8, until: 0.5 },
  answered: { type: "answered", ...TAKING, frame: RESULT },
  expired: { type: "expired", now: 5 },
};

/** A snapshot with some of everything. */
export const STORED_SNAPSHOT: EngineSnapshot = {
  channel: CHANNEL,
  token: 8,
  producers: [PRODUCER],
  tombstones: [{ id: "gone", generation: 3 }],
  absent: [{ producer: "p", since: 1_790_000_000_000, interrupted: true }],
  keeper: "server-a",
  ended: [{ id: "turn-1", at: 1_790_000_000_000 }],
  pending: [{ id: "turn-7", generation: 1 }],
  commands: {
    waiting: [{ frame: COMMAND, dueAt: 1_790_000_060_000, taker: "editor-1" }],
    takers: [TAKING],
    away: [{ producer: "p", token: 3, until: 1_790_000_015_000 }],
    results: [{ key: "4:annak0", frame: { ...RESULT, id: "k0" } }],
  },
};
