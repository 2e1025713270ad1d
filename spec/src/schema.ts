import { unreachable } from "./errors.js";
import { FRAME_SHAPES, shapesOf } from "./frame-shapes.js";
import { LIMITS } from "./limits.js";
import type { Shape } from "./shape.js";

/** A JSON Schema (draft 2020-12) document or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const OBJECT = { type: "object", propertyNames: { not: { const: "__proto__" } } } as const;

/** A value of one of these types. */
const oneOfTypes = (...types: readonly string[]): JsonSchema => ({
  oneOf: types.map((type) => ({ type })),
});

const SCALAR = oneOfTypes("null", "boolean", "number", "string");
const ORDERED = oneOfTypes("number", "string");
const TEXTS = {
  oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
} as const;

/** An object with these members, at least one of them, and no others. */
const only = (properties: JsonSchema): JsonSchema => ({
  type: "object",
  properties,
  additionalProperties: false,
  minProperties: 1,
});

/** A filter, without its bounds; it refers to itself. */
const FILTER: JsonSchema = {
  type: "object",
  properties: {
    id: TEXTS,
    role: TEXTS,
    kind: TEXTS,
    attributes: {
      type: "object",
      propertyNames: { pattern: "^(/([^~]|~[01])*)?$" },
      additionalProperties: {
        oneOf: [
          SCALAR,
          { type: "array", items: SCALAR },
          only({ prefix: { type: "string" } }),
          only({ min: ORDERED, max: ORDERED }),
          only({ exists: { type: "boolean" } }),
        ],
      },
    },
    any: { type: "array", items: { $ref: "#/$defs/filter" } },
    not: { $ref: "#/$defs/filter" },
  },
  additionalProperties: false,
};

function describe(shape: Shape): JsonSchema {
  switch (shape.is) {
    case "literal":
      return { const: shape.value };
    case "one of":
      return { enum: shape.values };
    case "text":
      return {
        type: "string",
        ...(shape.min && { minLength: shape.min }),
        // JSON Schema counts code points, of which there are never more than code units.
        ...(shape.limit && { maxLength: LIMITS[shape.limit] }),
      };
    case "integer":
      return { type: "integer", minimum: 0, maximum: shape.max };
    case "json":
      return {};
    case "json object":
      return OBJECT;
    case "filter":
      return { $ref: "#/$defs/filter" };
    case "bytes":
      return { type: "string", contentEncoding: "base64" };
    case "list":
      return { type: "array", items: describe(shape.of), maxItems: LIMITS[shape.limit] };
    case "object":
      return {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([name, field]) => [name, describe(field)]),
        ),
        required: Object.keys(shape.fields).filter((name) => shape.fields[name]?.is !== "optional"),
      };
    case "optional":
      return describe(shape.of);
    case "union":
      return { oneOf: Object.values(shapesOf(shape)).map(describe) };
    default:
      return unreachable(shape);
  }
}

/** The JSON Schema of every frame in the JSON codec; `schema/frames.schema.json` is its text. */
export function frameSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Deltawire frames, version 1, JSON codec",
    oneOf: Object.keys(FRAME_SHAPES).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: {
      ...Object.fromEntries(
        Object.entries(FRAME_SHAPES).map(([type, shape]) => [type, describe(shape)]),
      ),
      filter: FILTER,
    },
  };
}
