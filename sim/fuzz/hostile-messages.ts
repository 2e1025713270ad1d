import { readFileSync } from "node:fs";
import { createCodec, type Wire } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { pack } from "../../packages/protocol/src/msgpack-codec.js";
import { FRAME_SHAPES, shapesOf } from "../../spec/src/frame-shapes.js";
import type { Shape } from "../../spec/src/shape.js";
import type { Random } from "../random.js";

/** Messages of the vectors: legal ones, and some that are not. */
const VECTORS: readonly Wire[] = vectors();

/** Streams of compact values, from the first version on; what one message learns the next ones use. */
const STREAMS = (
  JSON.parse(read("compact")) as {
    readonly streams: readonly { readonly steps: readonly { readonly hex: string }[] }[];
  }
).streams.map(({ steps }) => steps.map(({ hex }) => bytesOf(hex)));

function read(name: string): string {
  return readFileSync(new URL(`../../spec/vectors/${name}.json`, import.meta.url), "utf8");
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function vectors(): Wire[] {
  const binary = read("msgpack-codec") + read("compression") + read("compact");
  const hex = [...binary.matchAll(/"hex": ?"([0-9a-f]{1,20000})"/g)];
  const { frames } = JSON.parse(read("json-codec")) as { frames: { text?: string }[] };
  return [
    ...hex.map(([, digits = ""]) => bytesOf(digits)),
    ...frames.flatMap(({ text }) => text ?? []),
  ];
}

const NAMES = ["m", "c", "text", "data", "p", "w", "type", "toString", "__proto__", ""];
const ODD = [null, true, -1, 0.5, 1e300, 127, 128, 2 ** 53 - 1, 2 ** 40, "\ufffd", "x".repeat(300)];

const FILTERS = [
  ...[{}, { id: ["m", "c"] }, { not: { role: "user" } }, { any: [{ kind: "text" }, {}] }],
  { attributes: { "/type": { prefix: "" }, "/m": [1, null], "": { exists: true } } },
];

/** A message of no good; `compact` for a connection that speaks MessagePack. */
export function hostileMessage(random: Random, compact: boolean): Wire {
  const dice = random.next();
  if (dice < 0.1) return anyBytes(random, compact);
  if (dice < 0.4) return mutated(random, random.pick(VECTORS), compact);
  const type = random.pick(Object.keys(FRAME_SHAPES) as Frame["type"][]);
  const frame = shaped(FRAME_SHAPES[type], random);
  if (dice < 0.6) return legal(frame as Frame, compact) ?? packed(frame, compact);
  return packed(spoiled(frame, random), compact);
}

/** A stream of compact values, one after the other, of which some are spoiled. */
export function hostileStream(random: Random): Wire[] {
  return random
    .pick(STREAMS)
    .map((message) => (random.chance(0.2) ? mutated(random, message, true) : message));
}

/** The frame as a peer would write it, where it can be written. */
function legal(frame: Frame, compact: boolean): Wire | undefined {
  try {
    return createCodec(compact ? SUBPROTOCOLS.msgpack : SUBPROTOCOLS.json)
      .encode(frame)
      .at(-1);
  } catch {
    return undefined;
  }
}

function packed(value: unknown, compact: boolean): Wire {
  if (!compact) return JSON.stringify(value, plain) ?? "null";
  try {
    return pack(value);
  } catch {
    return pack(null); // a lone half, or what nests too deep: not writable
  }
}

const plain = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;

function anyBytes(random: Random, compact: boolean): Wire {
  const bytes = Uint8Array.from({ length: random.int(60) }, () => random.int(256));
  return compact === random.chance(0.9) ? bytes : Buffer.from(bytes).toString("latin1");
}

/** With bytes turned over, left out or repeated, or cut short. */
function mutated(random: Random, message: Wire, compact: boolean): Wire {
  const bytes = [...Buffer.from(message)];
  for (let i = random.int(4); i > 0 && bytes.length > 0; i--) {
    const at = random.int(bytes.length);
    const dice = random.next();
    if (dice < 0.4) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
    else if (dice < 0.6) bytes.splice(at, random.int(6));
    else if (dice < 0.8) bytes.splice(at, 0, ...bytes.slice(at, at + random.int(12)));
    else bytes.length = at;
  }
  const result = Buffer.from(bytes);
  return compact ? new Uint8Array(result) : result.toString();
}

/** A value of a shape; names are often those of what is there. */
function shaped(shape: Shape, random: Random, depth = 0): unknown {
  switch (shape.is) {
    case "literal":
      return shape.value;
    case "one of":
      return random.pick(shape.values);
    case "text":
      return random.chance(0.8) ? random.pick(NAMES) : "😀é\u0000".repeat(random.int(9));
    case "integer":
      return random.chance(0.8) ? random.int(6) : random.pick([127, 255, 2 ** 32, 2 ** 53 - 1]);
    case "filter":
      return random.chance(0.3) ? anyJson(random, depth) : random.pick(FILTERS);
    case "json":
    case "json object":
      return anyJson(random, depth);
    case "bytes":
      return Uint8Array.from({ length: random.int(5) }, () => random.int(256));
    case "list":
      return Array.from({ length: random.int(depth > 4 ? 1 : 4) }, () =>
        shaped(shape.of, random, depth + 1),
      );
    case "object":
      return Object.fromEntries(
        Object.entries(shape.fields)
          .map(([name, field]) => [name, shaped(field, random, depth + 1)] as const)
          .filter(([, value]) => value !== undefined),
      );
    case "optional":
      return random.chance(0.5) ? undefined : shaped(shape.of, random, depth);
    case "union":
      return shaped(random.pick(Object.values(shapesOf(shape))), random, depth + 1);
    default:
      return shape satisfies never;
  }
}

function anyJson(random: Random, depth: number): unknown {
  if (depth > 5 || random.chance(0.4)) return random.pick([...ODD, ...NAMES]);
  const items = Array.from({ length: random.int(4) }, () => anyJson(random, depth + 1));
  if (random.chance(0.5)) return items;
  return Object.fromEntries(items.map((item) => [random.pick(NAMES), item]));
}

/** With something else in one place. */
function spoiled(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.25)) {
    return random.pick<unknown>([...ODD, [], {}, [[]], { type: "changes" }, new Uint8Array(2)]);
  }
  if (value instanceof Uint8Array) return [...value];
  const keys = Object.keys(value);
  if (keys.length === 0) return value;
  const key = random.pick(keys);
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  if (random.chance(0.1)) delete copy[key];
  else copy[key] = spoiled(copy[key], random);
  return copy;
}
