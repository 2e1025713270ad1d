import type { JsonValue } from "./content.js";
import { DeltawireError, type ErrorCode, unreachable } from "./errors.js";
import { isForbiddenKey } from "./keys.js";
import { LIMITS, type Limit } from "./limits.js";
import { isWellFormed } from "./text.js";

/** What a value must look like, as data: one description serves the gate and the JSON Schema. */
export type Shape =
  | { readonly is: "literal"; readonly value: string | number | boolean }
  | { readonly is: "one of"; readonly values: readonly string[] }
  | { readonly is: "text"; readonly limit?: Limit; readonly min?: number }
  | { readonly is: "integer"; readonly max: number }
  | { readonly is: "json"; readonly limit?: Limit }
  | { readonly is: "json object" }
  | { readonly is: "filter"; readonly limit: "max_filter_size" }
  | { readonly is: "bytes" }
  | { readonly is: "list"; readonly of: Shape; readonly limit: Limit }
  | { readonly is: "object"; readonly fields: AnyFields }
  | { readonly is: "optional"; readonly of: Shape }
  | {
      readonly is: "union";
      readonly tag: string;
      readonly members: AnyMembers;
      /** What every member has before its tag: frames are written in the order of their shapes. */
      readonly before: AnyFields;
    };

/** The fields of an object. */
export type AnyFields = Readonly<Record<string, Shape>>;

/** The fields of each member of a union, those after its tag, by that. */
export type AnyMembers = Readonly<Record<string, AnyFields>>;

/** Every field of T, and `optional` for exactly those that may be absent. */
type Fields<T> = {
  readonly [K in keyof Required<T>]: undefined extends T[K]
    ? Extract<Shape, { readonly is: "optional" }>
    : Exclude<Shape, { readonly is: "optional" }>;
};

/** {@link AnyMembers} of a union T. */
export type Members<T, Tag extends keyof T, Before extends keyof T = never> = {
  readonly [Name in T[Tag] & string]: Fields<Omit<MemberOf<T, Tag, Name>, Tag | Before>>;
};

/** The member of a union that has this tag. */
type MemberOf<T, Tag extends keyof T, Name> = T extends unknown
  ? Name extends T[Tag]
    ? T
    : never
  : never;

/** How bytes arrive: as MessagePack bin, or as a base64 string in JSON. */
export type BytesForm = "bin" | "base64";

type Is<Name extends Shape["is"]> = Extract<Shape, { readonly is: Name }>;

export const literal = (value: string | number | boolean): Is<"literal"> => ({
  is: "literal",
  value,
});
export const oneOf = (...values: readonly string[]): Is<"one of"> => ({
  is: "one of",
  values,
});
export const text = (limit?: Limit, min = 0): Is<"text"> => ({
  is: "text",
  ...(limit && { limit }),
  ...(min && { min }),
});
export const integer = (max: number = Number.MAX_SAFE_INTEGER): Is<"integer"> => ({
  is: "integer",
  max,
});
export const optional = (of: Shape): Is<"optional"> => ({
  is: "optional",
  of,
});
export const list = (of: Shape, limit: Limit = "max_list_length"): Is<"list"> => ({
  is: "list",
  of,
  limit,
});
export const object = <T>(fields: Fields<T>): Is<"object"> => ({
  is: "object",
  fields,
});
export const union = <T, Tag extends keyof T & string, Before extends keyof T = never>(
  tag: Tag,
  members: Members<T, Tag, Before>,
  before: Fields<Pick<T, Before>>,
): Is<"union"> => ({ is: "union", tag, members, before });

/**
 * Where the value that is looked at stands: tokens, of which the first is a pointer. Only an error
 * spells it out: what is well-formed costs no pointers.
 */
type Place = (string | number)[];

/** Longest place of an error: with what its finder puts before it, it fits an `error` frame. */
const MAX_PLACE = LIMITS.max_path_length - 256;

/** The JSON pointer of a place (RFC 6901, section 3); past the bound it stays at the parent. */
function pointerTo([first = "", ...tokens]: Place): string {
  let pointer = String(first);
  for (const token of tokens) {
    const next = `${pointer}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;
    if (next.length <= MAX_PLACE) pointer = next;
  }
  return pointer;
}

function fail(code: ErrorCode, place: Place, what: string): never {
  const path = pointerTo(place);
  throw new DeltawireError(code, `${what} at ${path || "the root"}`, { path });
}

function malformed(place: Place, expected: string): never {
  fail("malformed", place, `expected ${expected}`);
}

function exceeded(place: Place, limit: Limit): never {
  fail("limit_exceeded", place, `${limit} (${LIMITS[limit]}) exceeded`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function checkText(value: unknown, place: Place): string {
  if (typeof value !== "string") malformed(place, "a string");
  if (!isWellFormed(value)) {
    fail("ill_formed_text", place, "a lone surrogate, which is not well-formed Unicode,");
  }
  return value;
}

/**
 * Checks that a value is JSON within the bounds, and returns it as it is.
 *
 * @param path JSON pointer to the value, for errors
 * @throws DeltawireError `malformed`, `ill_formed_text`, `forbidden_key`, `limit_exceeded`
 */
export function checkJson(value: unknown, path = "", parent?: string, depth = 0): JsonValue {
  return checkValue(value, [path], parent, depth);
}

function checkValue(
  value: unknown,
  place: Place,
  parent: string | undefined,
  depth: number,
): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkText(value, place);
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : malformed(place, "a finite number");
  }
  const list = Array.isArray(value);
  if (!list && !isRecord(value)) malformed(place, "a JSON value");
  if (depth >= LIMITS.max_depth) exceeded(place, "max_depth");
  if (list) {
    for (let i = 0; i < value.length; i++) {
      place.push(i);
      checkValue(value[i], place, undefined, depth + 1);
      place.pop();
    }
  } else {
    for (const key of Object.keys(value)) {
      place.push(checkText(key, place));
      if (isForbiddenKey(key, parent)) {
        fail("forbidden_key", place, "a key that is refused");
      }
      checkValue(value[key], place, key, depth + 1);
      place.pop();
    }
  }
  return value as JsonValue; // every value in it was just checked
}

/** The size of a value by PROTOCOL.md, "Size". */
function sizeOf(value: JsonValue): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = Array.isArray(value) ? 8 : 8 + Object.keys(value).join("").length;
  for (const item of Object.values(value)) size += sizeOf(item);
  return size;
}

function checkBytes(value: unknown, place: Place, form: BytesForm): Uint8Array {
  if (form === "bin") return value instanceof Uint8Array ? value : malformed(place, "bytes");
  if (typeof value !== "string") malformed(place, "base64");
  try {
    const binary = atob(value);
    if (btoa(binary) === value) return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
  } catch {
    // It has letters that base64 has not: said below.
  }
  malformed(place, "base64 (RFC 4648, section 4) with padding and without white space");
}

/**
 * Takes what is named out of an unknown value, and nothing else: other fields are ignored.
 *
 * @param head what the result has before them
 * @throws DeltawireError with the path of what is wrong
 */
export function take(fields: AnyFields, value: unknown, form: BytesForm, head: Taken): unknown {
  return takeFields([""], fields, value, form, head);
}

function takeAt(place: Place, shape: Shape, value: unknown, form: BytesForm): unknown {
  switch (shape.is) {
    case "literal":
      return value === shape.value ? value : malformed(place, JSON.stringify(shape.value));
    case "one of":
      return typeof value === "string" && shape.values.includes(value)
        ? value
        : malformed(place, `one of ${shape.values.join(", ")}`);
    case "text":
      if (shape.limit && typeof value === "string" && value.length > LIMITS[shape.limit]) {
        exceeded(place, shape.limit);
      }
      if (value === "" && shape.min) malformed(place, "a string that is not empty");
      return checkText(value, place);
    case "integer":
      return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= shape.max
        ? value === 0
          ? 0 // not -0
          : value
        : malformed(place, "a whole number from 0");
    case "json":
    case "filter": {
      const json = checkValue(value, place, undefined, 0);
      if (shape.limit && sizeOf(json) > LIMITS[shape.limit]) exceeded(place, shape.limit);
      return json;
    }
    case "json object":
      return isRecord(value)
        ? checkValue(value, place, undefined, 0)
        : malformed(place, "an object");
    case "bytes":
      return checkBytes(value, place, form);
    case "list":
      if (!Array.isArray(value)) malformed(place, "a list");
      if (value.length > LIMITS[shape.limit]) exceeded(place, shape.limit);
      return takeItems(place, shape.of, value, form);
    case "object":
      return takeFields(place, shape.fields, value, form, {});
    case "optional":
      return value === undefined ? undefined : takeAt(place, shape.of, value, form);
    case "union": {
      if (!isRecord(value)) malformed(place, "an object");
      const { tag, members, before } = shape;
      const name = value[tag];
      const fields =
        typeof name === "string" && Object.hasOwn(members, name) ? members[name] : undefined;
      if (!fields) {
        place.push(tag);
        malformed(place, `one of ${Object.keys(members).join(", ")}`);
      }
      const taken = takeFields(place, before, value, form, {});
      taken[tag] = name;
      return takeFields(place, fields, value, form, taken);
    }
    default:
      return unreachable(shape);
  }
}

function takeItems(place: Place, of: Shape, list: unknown[], form: BytesForm): unknown[] {
  return list.map((item, i) => {
    place.push(i);
    const taken = takeAt(place, of, item, form);
    place.pop();
    return taken;
  });
}

/** What was taken of an object. */
type Taken = Record<string, unknown>;

function takeFields(
  place: Place,
  fields: AnyFields,
  value: unknown,
  form: BytesForm,
  taken: Taken,
): Taken {
  if (!isRecord(value)) malformed(place, "an object");
  for (const name in fields) {
    const shape = fields[name] as Shape; // an own key of `fields`
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined && shape.is === "optional") continue;
    place.push(name);
    if (given === undefined) malformed(place, "a value");
    taken[name] = takeAt(place, shape, given, form);
    place.pop();
  }
  return taken;
}
