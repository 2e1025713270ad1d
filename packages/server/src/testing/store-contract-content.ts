import assert from "node:assert/strict";
import type { Change, JsonValue, MessageSnapshot } from "@deltawire/spec";
import { channelNames } from "./channel-names.js";
import type { ContractCase } from "./contract-case.js";
import {
  appended,
  expectStored,
  message,
  patch,
  save,
  saved,
  stored,
  whole,
} from "./saved-channel.js";
import type { StoreSubject } from "./store-subject.js";

/** Texts that some system refuses, cuts, or takes for something else. */
const TEXTS: readonly string[] = [
  "\0",
  "a\0b\0",
  "\\u0000",
  "\\0 \\\\0 \\",
  "\u0001\u0007\u0008\u000b\u001b[31m\u001f\u007f\u0080\u009f",
  "\ufeffbom\ufffe\uffff\ufffd",
  "\ue000\uf8ff\u{f0000}\u{10ffff}",
  "\u2028\u2029\u200d\u202e",
  "😀👩‍👩‍👧e\u0301é漢",
  "'; DROP TABLE x; -- \" $1 %s {} \\x00",
  " \t\r\n ",
];

const keyed = (text: string): JsonValue => ({ [text]: [text, { [`${text}${text}`]: null }] });

/** A message with a text in every place that a message has for one. */
const filled = (text: string, i: number): MessageSnapshot => ({
  id: `${i}${text}`,
  generation: 3,
  role: text,
  kind: text,
  attributes: { [text]: keyed(text), text },
  origin: text,
  status: "failed",
  error: { code: text, message: text },
  parts: [
    { id: `t${text}`, kind: "text", text },
    { id: `j${text}`, kind: "json", value: keyed(text) },
    { id: `b${text}`, kind: "bytes", bytes: new TextEncoder().encode(text) },
  ],
});

/** A change with a text in every place that a change has for one. */
const changed = (text: string, id: string): Change => ({
  type: "message_patch",
  id,
  origin: text,
  parts: [
    {
      type: "part_inserted",
      content: { id: `n${text}`, kind: "json", value: keyed(text) },
      before: `t${text}`,
    },
    { type: "part_removed", part: text },
    { type: "text_splice", part: text, splices: [{ changed_offset: 0, removed: 0, text }] },
    {
      type: "json_patch",
      part: text,
      operations: [
        { op: "add", path: `/${text}`, value: keyed(text) },
        { op: "remove", path: `/${text}` },
        { op: "splice", path: `/${text}`, changed_offset: 0, removed: 1, text },
      ],
    },
    { type: "bytes_patch", part: text, trimmed: 0, appended: new TextEncoder().encode(text) },
  ],
  attributes: [{ op: "replace", path: "", value: text }],
});

/** What must not become something else: absent, empty and zero are three things. */
const VALUES: readonly JsonValue[] = [
  null,
  false,
  0,
  "",
  [],
  {},
  [[], [{}], ""],
  { a: null, b: { c: [] } },
  { constructor: 0, toString: "", hasOwnProperty: null },
  { id: 1, 10: "ten", 9: "nine" },
  [0.1, 1e-7, 5e-324, 1e21, 1.7976931348623157e308, 9007199254740991, -9007199254740991, -1.5],
  { $numberLong: "1", $date: 0, "@type": "x", "a.b": 1, "/": { "~1": 2 } },
];

const BARE: readonly MessageSnapshot[] = [
  { id: "bare", generation: 0, role: "", status: "streaming", parts: [] },
  message("empty", "", { kind: "", attributes: {}, origin: "", status: "interrupted" }),
  message("failed", "", { status: "failed", error: { code: "" } }),
  message("cancelled", "", { status: "cancelled", generation: Number.MAX_SAFE_INTEGER }),
];

export const contentCases: readonly ContractCase<StoreSubject>[] = [
  {
    name: "L8: holds NUL and its like in every place",
    async run({ store }) {
      for (const [i, text] of TEXTS.entries()) {
        const channel = `${i} ${text}`;
        const own = filled(text, i);
        const first = save(1, [whole(1, own), whole(2, message(text, text))], {
          channel,
          epoch: text,
          attributes: { [text]: keyed(text) },
          closed: { reason: text, error: { code: text, message: text } },
        });
        await saved(store, first);
        await expectStored(store, first, [stored(1, 1, own), stored(2, 1, message(text, text))]);
        const changes = [changed(text, text), appended(text, 0, text)];
        const second = { ...first, seq: 2, messages: [patch(text, 1, ...changes)] };
        await saved(store, { ...second, removed: [own.id] });
        await expectStored(store, second, [stored(2, 1, message(text, text), { seq: 2, changes })]);
      }
    },
  },
  {
    name: "holds what is empty, zero or absent as it is",
    async run({ store }) {
      const values = VALUES.map((value, i) =>
        message(`value ${i}`, "", {
          attributes: { value },
          parts: [{ id: "j", kind: "json", value }],
        }),
      );
      const all = [...BARE, ...values];
      const one = save(
        Number.MAX_SAFE_INTEGER,
        all.map((each, i) => whole(i, each)),
      );
      await saved(store, one);
      await expectStored(
        store,
        one,
        all.map((each, i) => stored(i, one.seq, each)),
      );
    },
  },
  {
    name: "holds bytes",
    async run({ store }) {
      const parts = [0, 1, 255, 256, 100_000].map((length, i) => ({
        id: `b${i}`,
        kind: "bytes" as const,
        bytes: Uint8Array.from({ length }, (_, at) => at * 7).subarray(),
      }));
      const inside = Uint8Array.of(9, 0, 255, 9).subarray(1, 3);
      const own = message("m", "", {
        parts: [
          ...parts,
          { id: "in", kind: "bytes", bytes: inside },
          { id: "end", kind: "bytes", bytes: inside, start: 2 ** 40, base: inside },
        ],
      });
      await saved(store, save(1, [whole(1, own)]));
      const change: Change = {
        type: "message_patch",
        id: "m",
        parts: [
          { type: "bytes_patch", part: "b0", trimmed: 0, appended: inside },
          { type: "bytes_patch", part: "b1", trimmed: 1, appended: inside, base: inside },
          { type: "bytes_patch", part: "b2", trimmed: 1, appended: inside, skipped: 2 ** 33 },
          {
            type: "bytes_patch",
            part: "end",
            trimmed: 2,
            appended: inside,
            base: inside.subarray(2),
          },
        ],
      };
      await saved(store, save(2, [patch("m", 1, change)]));
      await expectStored(store, save(2, []), [stored(1, 1, own, { seq: 2, changes: [change] })]);
    },
  },
  {
    name: "holds a message of 5 MB, and a patch as large",
    async run({ store }) {
      const text = `\ufeff${"wörld 😀 \0 ".repeat(500_000)}`;
      await saved(store, save(1, [whole(1, message("m", text))]));
      await saved(store, save(2, [patch("m", 1, appended("m", 0, text))]));
      const loaded = await store.load("c");
      const [held] = loaded?.messages ?? [];
      const [part] = held?.message.parts ?? [];
      assert.ok(part?.kind === "text" && part.text === text, "the text");
      const changes = JSON.stringify(held?.patches[0]?.changes);
      assert.ok(changes === JSON.stringify([appended("m", 0, text)]), "the patch");
    },
  },
  {
    name: "holds 1,000 messages and 1,000 patches",
    async run({ store }) {
      const ids = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
      const first = save(
        1,
        ids.map((id, i) => whole(1000 - i, message(id))),
      );
      await saved(store, first);
      const change = (id: string) => appended(id, id.length, "!");
      const second = save(
        2,
        ids.map((id) => patch(id, 1, change(id))),
      );
      await saved(store, second);
      const expected = ids.map((id, i) =>
        stored(1000 - i, 1, message(id), { seq: 2, changes: [change(id)] }),
      );
      await expectStored(store, second, expected.reverse());
    },
  },
  {
    name: "takes every name of a channel and of a message, and keeps them apart",
    async run({ store }) {
      const saves = channelNames.map((channel, i) =>
        save(
          i,
          channelNames.slice(0, 10 + i).map((id, order) => whole(order, message(id))),
          { channel },
        ),
      );
      assert.deepEqual(
        [...(await store.save(saves))],
        saves.map(() => "saved"),
      );
      for (const [i, { channel }] of saves.entries()) {
        if (i % 2 === 0) await store.delete(channel);
      }
      for (const [i, one] of saves.entries()) {
        if (i % 2 === 0) assert.equal(await store.load(one.channel), undefined);
        else {
          const messages = channelNames.slice(0, 10 + i);
          await expectStored(
            store,
            one,
            messages.map((id, order) => stored(order, i, message(id))),
          );
        }
      }
    },
  },
];
