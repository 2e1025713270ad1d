import fc from "fast-check";
import { DeltawireError, unreachable } from "./errors.js";
import type { Filter } from "./filter.js";
import { FRAME_SHAPES, shapesOf } from "./frame-shapes.js";
import type { Frame, FrameType } from "./frames.js";
import { parseFrame } from "./gate.js";
import { LIMITS } from "./limits.js";
import type { Shape } from "./shape.js";

// What tests of this repository know of frames, derived from the shapes that the gate uses.

export { FRAME_SHAPES } from "./frame-shapes.js";

/** What text goes wrong on: space, line ends, controls, astral, joined, combining, right to left. */
const FRAGMENTS = [
  ...["a", "b", "Hello", "word ", " ", "  ", "\t", "\r", "\n", "\r\n", "\0", "\u0001", "\u001b[1m"],
  ...["\u007f", "\u0085", "\u2028", "\u2029", "\ufeff", "\uffff", "\ue000", '"', "\\", "/", "~"],
  ...["é", "e\u0301", "ÿ", "Ā", "߿", "ࠀ", "漢字", "שלום", "مرحبا", "\u202e"],
  ...["😀", "😁", "😂", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "𝒳", "𐀀", "\u{10ffff}"],
];

/** Any well-formed text. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 8 }).map(joined) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
);

function joined(fragments: string[]): string {
  return fragments.join("");
}

/** Keys that a careless implementation trips over; the forbidden ones are not among them. */
const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "", "0", "1", "-", "a/b", "c~d", "~1", "constructor", "toString", "😀"),
  fc.constantFrom("output", "a rather long name of a field"),
);

const anyNumber = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 1, -1, 127, 128, 255, 256, -32, -33, -128, -129, 65_535, 65_536, 2 ** 32),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 53, 1e300, 5e-324, 0.1, -2.5),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0), // no -0
);

/** Any JSON value that the gate accepts, nested a few levels. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    anyText,
    anyNumber,
    fc.constantFrom(null, true, false, {}, []),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(anyKey, tie("value"), { maxKeys: 4 }).map(plain),
  ),
})).value;

/** Any JSON object that the gate accepts. */
export const anyObject: fc.Arbitrary<Record<string, unknown>> = fc
  .dictionary(anyKey, anyJson, { maxKeys: 4 })
  .map(plain);

/** fast-check makes objects without prototype at times; what is parsed always has one. */
function plain<T>(value: Record<string, T>): Record<string, T> {
  return { ...value };
}

const scalar = fc.oneof(fc.constantFrom<unknown>(null, true, false), anyNumber, anyText);
const texts = fc.oneof(anyText, fc.array(anyText, { maxLength: 3 }));
const ordered = fc.oneof(anyNumber, anyText);
const anyTest = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ prefix: anyText }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ min: ordered, max: ordered }, { requiredKeys: ["min"] }),
  fc.record({ max: ordered }),
);
const anyPointer = fc
  .array(anyKey, { maxLength: 3 })
  .map((keys) => keys.map((key) => child("", key)).join(""));

/** Any filter that the gate accepts. */
export const anyFilter: fc.Arbitrary<Filter> = fc
  .letrec<{ filter: unknown }>((tie) => ({
    filter: fc.record(
      {
        id: texts,
        role: texts,
        kind: texts,
        attributes: fc.dictionary(anyPointer, anyTest, { maxKeys: 2 }).map(plain),
        any: fc.array(tie("filter"), { maxLength: 2, depthIdentifier: "filter" }),
        not: fc.option(tie("filter"), { depthIdentifier: "filter", maxDepth: 3, nil: {} }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  }))
  .filter.filter(isWithinBounds) as fc.Arbitrary<Filter>; // made as its type says

/** What is drawn has the form of a filter; how deep and large it is, chance decides. */
function isWithinBounds(value: unknown): boolean {
  try {
    parseFrame({ type: "subscribe", channel: "c", request: 0, filter: value }, "bin");
    return true;
  } catch (error) {
    if (error instanceof DeltawireError && error.code === "limit_exceeded") return false;
    throw error;
  }
}

function arbitraryOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.is) {
    case "literal":
      return fc.constant(shape.value);
    case "one of":
      return fc.constantFrom(...shape.values);
    case "text":
      return anyText.map((text) => (text.length < (shape.min ?? 0) ? "id" : text));
    case "integer":
      return fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat()).map((n) => Math.min(n, shape.max));
    case "json":
      return anyJson;
    case "json object":
      return anyObject;
    case "filter":
      return anyFilter;
    case "bytes":
      return fc.uint8Array({ maxLength: 20 });
    case "list":
      return fc.array(arbitraryOf(shape.of), { maxLength: 3 });
    case "object":
      return fieldsOf(shape.fields);
    case "optional":
      return arbitraryOf(shape.of);
    case "union":
      return fc.oneof(...Object.values(shapesOf(shape)).map(arbitraryOf));
    default:
      return unreachable(shape);
  }
}

function fieldsOf(fields: Readonly<Record<string, Shape>>): fc.Arbitrary<unknown> {
  const names = Object.keys(fields);
  const model = Object.fromEntries(names.map((name) => [name, arbitraryOf(fields[name] as Shape)]));
  const requiredKeys = names.filter((name) => fields[name]?.is !== "optional");
  return fc.record(model, { requiredKeys, noNullPrototype: true });
}

/** Any frame of a type that the gate accepts. */
export function anyFrame(type: FrameType): fc.Arbitrary<Frame> {
  return arbitraryOf(FRAME_SHAPES[type]).map((value) => {
    const frame = value as Frame; // made from its shape
    if (frame.type === "changes") {
      const from = Math.min(frame.from, Number.MAX_SAFE_INTEGER - 1000);
      return { ...frame, from, to: from + 1 + (frame.to % 1000) };
    }
    if (frame.type !== "subscribe") return frame;
    const { epoch, seq, ...rest } = frame;
    return epoch === undefined || seq === undefined ? rest : frame;
  });
}

/** The types of every frame. */
export const FRAME_TYPES: readonly FrameType[] = Object.keys(FRAME_SHAPES) as FrameType[];

/** A field of a frame, replaced by something that its shape does not allow. */
export interface Mutation {
  /** Where: JSON pointer into the frame. */
  readonly path: string;
  readonly value: unknown;
}

const child = (path: string, token: string | number): string =>
  `${path}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;

/** Every way to spoil a frame that has one wrong field; `undefined` stands for a missing one. */
export function* mutations(shape: Shape, value: unknown, path = ""): Generator<Mutation> {
  const inner = shape.is === "optional" && value !== undefined;
  for (const wrong of inner ? [] : wrongFor(shape)) yield { path, value: wrong };
  if (shape.is === "optional") {
    if (inner) yield* mutations(shape.of, value, path);
  } else if (shape.is === "list" && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield* mutations(shape.of, value[i], child(path, i));
  } else if (shape.is === "object") {
    for (const [name, field] of Object.entries(shape.fields)) {
      const at = child(path, name);
      if (field.is !== "optional") yield { path: at, value: undefined };
      yield* mutations(field, (value as Record<string, unknown>)[name], at);
    }
  } else if (shape.is === "union") {
    const tag = (value as Record<string, unknown>)[shape.tag];
    const member = shapesOf(shape)[String(tag)];
    yield { path: child(path, shape.tag), value: "nonsense" };
    if (member) yield* mutations(member, value, path);
  }
}

const tooLong = (shape: Extract<Shape, { readonly is: "text" }>): string[] =>
  shape.limit ? ["x".repeat(LIMITS[shape.limit] + 1)] : [];

function wrongFor(shape: Shape): readonly unknown[] {
  switch (shape.is) {
    case "literal":
      return [null, 0, "nonsense", [shape.value]];
    case "one of":
      return [null, 0, "nonsense", "", [shape.values[0]]];
    case "text":
      return [
        null,
        0,
        true,
        ["a"],
        {},
        "\ud83d",
        "\ude00x",
        ...tooLong(shape),
        ...(shape.min ? [""] : []),
      ];
    case "integer":
      return [null, -1, 0.5, "1", true, [], 2 ** 53, Number.NaN, Infinity, shape.max + 1];
    case "json":
      return [
        ...[Number.NaN, -Infinity, ["\ud83d"], { "\udc00": 1 }],
        ...(shape.limit ? ["x".repeat(LIMITS[shape.limit] - 7)] : []),
      ];
    case "json object":
      return [null, 0, "{}", [], [{}]];
    case "filter":
      return [
        ...[null, 0, "{}", [], { kinds: "a" }, { kind: 1 }, { role: [null] }, { any: {} }],
        ...[{ not: [] }, { attributes: { a: 1 } }, { attributes: { "/~": 1 } }],
        ...[{}, [[]], { prefix: 1 }, { exists: 0 }, { min: null }, { min: 1, exists: true }].map(
          (test) => ({ attributes: { "/a": test } }),
        ),
      ];
    case "bytes":
      return [null, 0, [1, 2], {}, "not base64!"];
    case "list":
      return [null, 0, "", {}, new Array(LIMITS[shape.limit] + 1).fill(null)];
    case "object":
    case "union":
      return [null, 0, "", [], true];
    case "optional":
      return shape.of.is === "json" ? [] : wrongFor(shape.of);
    default:
      return unreachable(shape);
  }
}

/** A copy with the value at a pointer replaced, or taken away where the mutation says so. */
export function mutate(value: unknown, { path, value: wrong }: Mutation): unknown {
  const [token, ...rest] = path.split("/").slice(1);
  if (token === undefined) return wrong;
  const key = token.replace(/~1/g, "/").replace(/~0/g, "~");
  const inner = { path: ["", ...rest].join("/"), value: wrong };
  if (Array.isArray(value)) {
    return value.map((item, i) => (String(i) === key ? mutate(item, inner) : item));
  }
  const copy = { ...(value as Record<string, unknown>) };
  const changed = mutate(copy[key], inner);
  if (changed === undefined) delete copy[key];
  else copy[key] = changed;
  return copy;
}
