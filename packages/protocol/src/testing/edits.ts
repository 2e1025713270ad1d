import type { JsonObject, JsonValue, MessageAdded, PartContent } from "@deltawire/spec";
import fc from "fast-check";
import { anyJson, anyObject, anyText } from "../../../../spec/src/testing.js";

/**
 * One edit of a random history. It names what it is about by numbers that are taken modulo what is
 * there, so that every list of edits is legal, and every shorter one too.
 */
export interface Edit {
  readonly do:
    | "add"
    | "append"
    | "splice"
    | "swap"
    | "json"
    | "set"
    | "bytes"
    | "insert"
    | "drop"
    | "attributes"
    | "status"
    | "origin"
    | "end"
    | "remove"
    | "renew"
    | "channel"
    | "close";
  /** Which message, which part. */
  readonly m?: number;
  readonly p?: number;
  /** Offsets, lengths, steps of a path, choices. */
  readonly n?: readonly number[];
  readonly text?: string;
  readonly value?: JsonValue;
  readonly bytes?: Uint8Array;
  readonly base?: Uint8Array;
  readonly content?: PartContent;
  readonly head?: Omit<MessageAdded, "type" | "id">;
}

const json = anyJson as fc.Arbitrary<JsonValue>;
const object = anyObject as fc.Arbitrary<JsonObject>;
const nat = fc.nat({ max: 1000 });
const numbers = fc.array(nat, { minLength: 2, maxLength: 6 });
const partId = fc.constantFrom("text", "a", "b/c", "~", "tool");
/** Some of 1 unit, some that are stated often, so that interning has something to do. */
const name = fc.constantFrom("assistant", "user", "x", "", "漢字", "tool");

const text = anyText.map((content) => ({ kind: "text", text: content }) as const);
const value = json.map((content) => ({ kind: "json", value: content }) as const);
const base = fc.uint8Array({ maxLength: 4 });
const bytes = fc
  .tuple(
    fc.uint8Array({ maxLength: 6 }),
    fc.record({ start: fc.nat({ max: 9 }), base }, { requiredKeys: [], noNullPrototype: true }),
  )
  .map(([content, head]) => ({ kind: "bytes", bytes: content, ...head }) as const);
const content: fc.Arbitrary<PartContent> = fc
  .tuple(partId, fc.oneof({ weight: 3, arbitrary: text }, value, bytes))
  .map(([id, rest]) => ({ id, ...rest }));

const open = fc.record(
  {
    generation: fc.nat({ max: 2 }),
    role: name,
    kind: name,
    attributes: object,
    origin: fc.constantFrom("producer-1", "producer-2"),
    parts: fc.uniqueArray(content, { selector: ({ id }) => id, maxLength: 4 }),
  },
  { requiredKeys: ["generation", "role", "parts"], noNullPrototype: true },
);

/** Of a message that is complete at birth. */
const ended = fc.constantFrom(
  { status: "completed" } as const,
  { status: "cancelled" } as const,
  { status: "failed", error: { code: "broken" } } as const,
  { status: "failed", error: { code: "broken", message: "漢" } } as const,
);
const head: fc.Arbitrary<Omit<MessageAdded, "type" | "id">> = fc
  .tuple(open, fc.option(ended, { freq: 5 }))
  .map(([content, end]) => ({ ...content, ...end }));

function edit<K extends keyof Edit>(
  kind: Edit["do"],
  weight: number,
  fields: { [F in K]: fc.Arbitrary<Exclude<Edit[F], undefined>> },
): fc.WeightedArbitrary<Edit> {
  const model = { do: fc.constant(kind), ...fields };
  return { weight, arbitrary: fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Edit> };
}

const at = { m: fc.nat({ max: 5 }), p: fc.nat({ max: 5 }) };
const { m } = at;

/** Any edit, mostly of the content of parts. */
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  edit("add", 4, { m, n: numbers, head }),
  edit("append", 8, { ...at, text: anyText }),
  edit("splice", 6, { ...at, n: numbers, text: anyText }),
  edit("swap", 2, at),
  edit("json", 6, { ...at, n: numbers, value: json, text: anyText }),
  edit("set", 2, { ...at, value: json, text: anyText }),
  edit("bytes", 4, { ...at, n: numbers, bytes: fc.uint8Array({ maxLength: 8 }) }),
  edit("bytes", 2, { ...at, n: numbers, bytes: fc.uint8Array({ maxLength: 8 }), base }),
  edit("insert", 4, { m, n: numbers, content }),
  edit("drop", 3, at),
  edit("attributes", 3, { m, n: numbers, value: json, text: anyText }),
  edit("status", 2, { m, n: numbers }),
  edit("origin", 1, { m, n: numbers }),
  edit("end", 2, { m, n: numbers, text: anyText }),
  edit("remove", 2, { m }),
  edit("renew", 2, { m, head }),
  edit("channel", 2, { n: numbers, value: json, text: anyText }),
);

/** The end of a channel. */
const anyClose: fc.Arbitrary<Edit> = edit("close", 1, {
  n: numbers,
  text: anyText,
}).arbitrary;

/** A history to run: batches of edits, the first of which begins some messages. */
export function anyBatches(minLength: number, maxLength: number): fc.Arbitrary<Edit[][]> {
  const begun = fc.array(edit("add", 1, { m, n: numbers, head }).arbitrary, {
    minLength: 2,
    maxLength: 3,
  });
  const batch = fc.array(anyEdit, { minLength: 1, maxLength: 4 });
  const batches = fc.array(batch, { minLength, maxLength, size: "max" });
  return fc
    .tuple(begun, batches, fc.option(anyClose, { nil: undefined, freq: 1 }))
    .map(([first, list, close]) => [first, ...list, ...(close ? [[close]] : [])]);
}
