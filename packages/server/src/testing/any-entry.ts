import { type Change, isForbiddenKey, type JsonValue } from "@deltawire/spec";
import fc from "fast-check";
import type { Entry } from "../engine/entry.js";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("\ufeff", "\0", "😀", "a\ufeff").map((one) => one.repeat(100)),
  fc.string({ unit: "binary" }),
);
const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
/** A version, a token. */
export const anyCount: fc.Arbitrary<number> = fc.nat(Number.MAX_SAFE_INTEGER);

/** A number of JSON; not -0, which the protocol does not keep. */
export const anyNumber: fc.Arbitrary<number> = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((one) => one + 0);
const key = id.filter((name) => !isForbiddenKey(name, "constructor"));
const { value: json } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    anyNumber,
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));
const content = fc.oneof(
  fc.record({ id, kind: fc.constant("text" as const), text }),
  fc.record({ id, kind: fc.constant("json" as const), value: json }),
  fc.record(
    {
      id,
      kind: fc.constant("bytes" as const),
      bytes: fc.uint8Array(),
      start: anyCount,
      base: fc.uint8Array(),
    },
    { requiredKeys: ["id", "kind", "bytes"] },
  ),
);
const splice = fc.record({ changed_offset: anyCount, removed: anyCount, text });
const part = fc.oneof(
  fc.record({
    type: fc.constant("text_splice" as const),
    part: id,
    splices: fc.array(splice, { maxLength: 3 }),
  }),
  fc.record(
    {
      type: fc.constant("bytes_patch" as const),
      part: id,
      trimmed: anyCount,
      appended: fc.uint8Array(),
      base: fc.uint8Array(),
      skipped: anyCount,
    },
    { requiredKeys: ["type", "part", "trimmed", "appended"] },
  ),
  fc.record(
    { type: fc.constant("part_inserted" as const), content, before: id },
    { requiredKeys: ["type", "content"] },
  ),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record(
    {
      type: fc.constant("message_patch" as const),
      id,
      parts: fc.array(part, { maxLength: 2 }),
      status: fc.constantFrom("streaming" as const, "interrupted" as const),
      origin: id,
    },
    { requiredKeys: ["type", "id"] },
  ),
  fc.record(
    {
      type: fc.constant("message_added" as const),
      id,
      generation: anyCount,
      role: text.map((one) => one.slice(0, 20).toWellFormed()),
      attributes: fc.dictionary(key, json),
      parts: fc.array(content, { maxLength: 3 }),
      status: fc.constantFrom("completed" as const, "failed" as const),
    },
    { requiredKeys: ["type", "id", "generation", "role", "parts"] },
  ),
);
const changes = fc.array(change, { maxLength: 2 });
/** Some kinds of entries, with every kind of content. */
export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("appended" as const),
      producer: id,
      seq: anyCount,
      changes,
    }),
  },
  fc.record(
    { type: fc.constant("renewed" as const), producer: id, server: id, changes },
    { requiredKeys: ["type", "producer", "changes"] },
  ),
  fc.record({ type: fc.constant("left" as const), producers: fc.array(id), since: anyNumber }),
  fc.record(
    {
      type: fc.constant("away" as const),
      producer: id,
      token: anyCount,
      server: id,
      until: anyNumber,
    },
    { requiredKeys: ["type", "producer", "token", "until"] },
  ),
);
