import type { JsonValue } from "./content.js";
import { DeltawireError } from "./errors.js";
import { isForbiddenKey } from "./keys.js";
import { LIMITS } from "./limits.js";

/** What a {@link Filter} compares with. */
export type Scalar = null | boolean | number | string;

/** What the value at a place of a message's attributes has to be. PROTOCOL.md, "Filters". */
export type AttributeTest =
  /** Equal to it. */
  | Scalar
  /** Equal to one of them; nothing is, where there are none. */
  | readonly Scalar[]
  /** A text that begins with it. */
  | { readonly prefix: string }
  /** Not below `min` and not above `max`, each if stated: a number, or a text by UTF-16 code units. */
  | { readonly min?: number | string; readonly max?: number | string }
  /** Whether there is one, `null` included. */
  | { readonly exists: boolean };

/**
 * Which messages of a channel somebody wants: those that match all that is stated; `{}` is all of
 * them. PROTOCOL.md, "Filters".
 */
export interface Filter {
  /** The message's id, or a list of them, of which one. */
  readonly id?: string | readonly string[];
  /** Its role, or one of several. */
  readonly role?: string | readonly string[];
  /** Its kind, or one of several; a message without one matches none. */
  readonly kind?: string | readonly string[];
  /** Tests of its attributes, by JSON pointer (RFC 6901): all of them. */
  readonly attributes?: { readonly [pointer: string]: AttributeTest };
  /** Of these filters at least one matches. */
  readonly any?: readonly Filter[];
  /** This one does not. */
  readonly not?: Filter;
}

/** A JSON object as it comes. */
type Members = Readonly<Record<string, JsonValue>>;

/** What is counted over a whole filter. */
interface Count {
  tests: number;
}

/**
 * Checks what a frame has for its filter, JSON within `max_filter_size`. A member that is not known
 * is refused, not ignored: without it more would match.
 *
 * @throws DeltawireError `malformed`, `forbidden_key`, `limit_exceeded`
 */
export function checkFilter(filter: Filter | undefined): void {
  const value = filter as JsonValue | undefined; // so far it is a name for that
  if (value !== undefined) checkLevel(value, "/filter", 1, { tests: 0 });
}

function checkLevel(value: JsonValue, path: string, depth: number, count: Count): void {
  if (!isMembers(value)) throw malformed(path, "an object");
  if (depth > LIMITS.max_filter_depth) throw exceeded(path, "max_filter_depth");
  for (const [name, inner] of Object.entries(value)) {
    const at = below(path, name);
    switch (name) {
      case "id":
      case "role":
      case "kind":
        add(count, path);
        if (!isText(inner) && !(Array.isArray(inner) && inner.every(isText))) {
          throw malformed(at, "a text or a list of texts");
        }
        break;
      case "attributes":
        checkTests(inner, at, count);
        break;
      case "any":
        if (!Array.isArray(inner)) throw malformed(at, "a list of filters");
        for (const [i, each] of inner.entries()) {
          checkLevel(each, below(at, i), depth + 1, count);
        }
        break;
      case "not":
        checkLevel(inner, at, depth + 1, count);
        break;
      default:
        throw malformed(at, "id, role, kind, attributes, any or not, and nothing else,");
    }
  }
}

function checkTests(value: JsonValue, path: string, count: Count): void {
  if (!isMembers(value)) throw malformed(path, "an object of tests by JSON pointer");
  for (const [pointer, test] of Object.entries(value)) {
    const at = below(path, pointer);
    checkPointer(pointer, at);
    add(count, path);
    if (!isScalar(test) && !isListTest(test) && !isObjectTest(test)) {
      throw malformed(at, "a scalar, a list of scalars, { prefix }, { min, max } or { exists }");
    }
  }
}

function checkPointer(pointer: string, path: string): void {
  if ((pointer !== "" && !pointer.startsWith("/")) || /~(?![01])/.test(pointer)) {
    throw malformed(path, "a JSON pointer (RFC 6901) as the name");
  }
  let parent: string | undefined;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replace(/~1/g, "/").replace(/~0/g, "~");
    if (isForbiddenKey(key, parent)) {
      throw new DeltawireError("forbidden_key", `the key in ${pointer} is refused`, { path });
    }
    parent = key;
  }
}

const isListTest = (test: JsonValue): boolean => Array.isArray(test) && test.every(isScalar);

function isObjectTest(test: JsonValue): boolean {
  if (!isMembers(test)) return false;
  const names = Object.keys(test);
  const only = (known: readonly string[]) =>
    names.length > 0 && names.every((name) => known.includes(name));
  if (only(["prefix"])) return isText(test.prefix);
  if (only(["exists"])) return typeof test.exists === "boolean";
  return only(["min", "max"]) && Object.values(test).every(isOrdered);
}

const isText = (value: unknown): boolean => typeof value === "string";
const isOrdered = (value: unknown): boolean => isText(value) || typeof value === "number";
const isScalar = (value: JsonValue): boolean => value === null || typeof value !== "object";
const isMembers = (value: JsonValue): value is Members => !isScalar(value) && !Array.isArray(value);

function add(count: Count, path: string): void {
  count.tests += 1;
  if (count.tests > LIMITS.max_filter_tests) throw exceeded(path, "max_filter_tests");
}

const below = (path: string, token: string | number): string =>
  `${path}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;

const malformed = (path: string, expected: string): DeltawireError =>
  new DeltawireError("malformed", `expected ${expected} at ${path} of a filter`, { path });

const exceeded = (path: string, limit: "max_filter_depth" | "max_filter_tests"): DeltawireError =>
  new DeltawireError("limit_exceeded", `${limit} (${LIMITS[limit]}) exceeded at ${path}`, { path });
