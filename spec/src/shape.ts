import type { JsonValue } from "./content.js";
import { DeltawireError, unreachable } from "./errors.js";
import { isForbiddenKey } from "./keys.js";
import { LIMITS, type Limit } from "./limits.js";
import { isWellFormed } from "./text.js";

/** What a value must look like, as data: one description serves the gate and the JSON Schema. */
export type Shape =
  | { readonly is: "literal"; readonly value: string | number | boolean }
  | { readonly is: "one of"; readonly values: readonly string[] }
  | { readonly is: "text"; readonly limit?: Limit; readonly min?: number }
  | { readonly is: "integer"; readonly max: number }
  | { readonly is: "json" }
  | { readonly is: "json object" }
  | { readonly is: "bytes" }
  | { readonly is: "list"; readonly of: Shape; readonly limit: Limit }
  | { readonly is: "object"; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly is: "optional"; readonly of: Shape }
  | {
      readonly is: "union";
      readonly tag: string;
      readonly members: Readonly<Record<string, Shape>>;
    };

/** Every field of T, and `optional` for exactly those that may be absent. */
type Fields<T> = {
  readonly [K in keyof Required<T>]: undefined extends T[K]
    ? Extract<Shape, { readonly is: "optional" }>
    : Exclude<Shape, { readonly is: "optional" }>;
};

/** How bytes arrive: as MessagePack bin, or as a base64 string in JSON. */
export type BytesForm = "bin" | "base64";

type Is<Name extends Shape["is"]> = Extract<Shape, { readonly is: Name }>;

export const literal = (value: string | number | boolean): Is<"literal"> => ({
  is: "literal",
  value,
});
export const oneOf = (values: readonly string[]): Is<"one of"> => ({ is: "one of", values });
export const text = (limit?: Limit, min = 0): Is<"text"> => ({
  is: "text",
  ...(limit && { limit }),
  ...(min && { min }),
});
export const integer = (max: number = Number.MAX_SAFE_INTEGER): Is<"integer"> => ({
  is: "integer",
  max,
});
export const optional = (of: Shape): Is<"optional"> => ({ is: "optional", of });
export const list = (of: Shape, limit: Limit = "max_list_length"): Is<"list"> => ({
  is: "list",
  of,
  limit,
});
export const object = <T>(fields: Fields<T>): Is<"object"> => ({ is: "object", fields });
export const union = (tag: string, members: Readonly<Record<string, Shape>>): Is<"union"> => ({
  is: "union",
  tag,
  members,
});

function malformed(path: string, expected: string): never {
  throw new DeltawireError("malformed", `expected ${expected} at ${path || "the root"}`, { path });
}

function exceeded(path: string, limit: Limit): never {
  const what = `${limit} (${LIMITS[limit]}) exceeded at ${path || "the root"}`;
  throw new DeltawireError("limit_exceeded", what, { path });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

/** Longest place of an error: with what its finder puts before it, it fits an `error` frame. */
const MAX_PLACE = LIMITS.max_path_length - 256;

/** Appends a token to a JSON pointer (RFC 6901, section 3); past the bound it stays at the parent. */
function child(path: string, token: string | number): string {
  const place = `${path}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;
  return place.length > MAX_PLACE ? path : place;
}

function checkText(value: unknown, path: string): string {
  if (typeof value !== "string") malformed(path, "a string");
  if (!isWellFormed(value)) {
    const what = `a lone surrogate at ${path || "the root"}; send well-formed Unicode`;
    throw new DeltawireError("ill_formed_text", what, { path });
  }
  return value;
}

/**
 * Checks that a value is JSON within the bounds, and returns it as it is.
 *
 * @throws DeltawireError `malformed`, `ill_formed_text`, `forbidden_key`, `limit_exceeded`
 */
export function checkJson(value: unknown, path = "", parent?: string, depth = 0): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkText(value, path);
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : malformed(path, "a finite number");
  }
  const list = Array.isArray(value);
  if (!list && !isRecord(value)) malformed(path, "a JSON value");
  if (depth >= LIMITS.max_depth) exceeded(path, "max_depth");
  if (list) {
    for (let i = 0; i < value.length; i++) {
      checkJson(value[i], child(path, i), undefined, depth + 1);
    }
  } else {
    for (const key of Object.keys(value)) {
      const at = child(path, checkText(key, path));
      if (isForbiddenKey(key, parent)) {
        throw new DeltawireError("forbidden_key", `the key at ${at} is refused`, { path: at });
      }
      checkJson(value[key], at, key, depth + 1);
    }
  }
  return value as JsonValue; // every value in it was just checked
}

function checkBytes(value: unknown, path: string, form: BytesForm): Uint8Array {
  if (form === "bin") return value instanceof Uint8Array ? value : malformed(path, "bytes");
  if (typeof value !== "string") malformed(path, "base64");
  let binary: string;
  try {
    binary = atob(value);
  } catch {
    malformed(path, "base64 (RFC 4648, section 4)");
  }
  if (btoa(binary) !== value) malformed(path, "base64 with padding and without white space");
  return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
}

/**
 * Takes what a shape names out of an unknown value, and nothing else: other fields are ignored.
 *
 * @throws DeltawireError with the path of what is wrong
 */
export function take(shape: Shape, value: unknown, form: BytesForm, path = ""): unknown {
  switch (shape.is) {
    case "literal":
      return value === shape.value ? value : malformed(path, JSON.stringify(shape.value));
    case "one of":
      return typeof value === "string" && shape.values.includes(value)
        ? value
        : malformed(path, `one of ${shape.values.join(", ")}`);
    case "text":
      if (shape.limit && typeof value === "string" && value.length > LIMITS[shape.limit]) {
        exceeded(path, shape.limit);
      }
      if (value === "" && shape.min) malformed(path, "a string that is not empty");
      return checkText(value, path);
    case "integer":
      return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= shape.max
        ? value === 0
          ? 0 // not -0
          : value
        : malformed(path, "a whole number from 0");
    case "json":
      return checkJson(value, path);
    case "json object":
      return isRecord(value) ? checkJson(value, path) : malformed(path, "an object");
    case "bytes":
      return checkBytes(value, path, form);
    case "list":
      if (!Array.isArray(value)) malformed(path, "a list");
      if (value.length > LIMITS[shape.limit]) exceeded(path, shape.limit);
      return value.map((item, i) => take(shape.of, item, form, `${path}/${i}`));
    case "object":
      return takeFields(shape.fields, value, form, path);
    case "optional":
      return value === undefined ? undefined : take(shape.of, value, form, path);
    case "union": {
      if (!isRecord(value)) malformed(path, "an object");
      const tag = value[shape.tag];
      const member =
        typeof tag === "string" && Object.hasOwn(shape.members, tag)
          ? shape.members[tag]
          : undefined;
      if (!member) {
        malformed(`${path}/${shape.tag}`, `one of ${Object.keys(shape.members).join(", ")}`);
      }
      return take(member, value, form, path);
    }
    default:
      return unreachable(shape);
  }
}

function takeFields(
  fields: Readonly<Record<string, Shape>>,
  value: unknown,
  form: BytesForm,
  path: string,
): Record<string, unknown> {
  if (!isRecord(value)) malformed(path, "an object");
  const taken: Record<string, unknown> = {};
  for (const name in fields) {
    const shape = fields[name] as Shape; // an own key of `fields`
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined && shape.is !== "optional") malformed(`${path}/${name}`, "a value");
    const field = take(shape, given, form, `${path}/${name}`);
    if (field !== undefined) taken[name] = field;
  }
  return taken;
}
