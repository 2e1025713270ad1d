import type { AttributeTest, Filter, JsonOperation, JsonValue, Scalar } from "@deltawire/spec";
import type { Message } from "./message.js";
import { parsePointer } from "./pointer.js";
import { isList } from "./size.js";

/** What a filter looks at of a message; origin, status, parts and error have no part in it. */
export type Filterable = Pick<Message, "id" | "role" | "kind" | "attributes">;

/** A filter, made ready to be asked. PROTOCOL.md, "Filters". */
export interface Matcher {
  matches(message: Filterable): boolean;
  /** Whether an operation on a message's attributes may change what a test looks at. */
  readsWhat(operation: JsonOperation): boolean;
}

type Check = (message: Filterable) => boolean;
type Test = (value: JsonValue | undefined) => boolean;

const INDEX = /^(0|[1-9][0-9]{0,8})$/;

/** Makes a filter ready. @param filter one that the gate has taken */
export function matcherOf(filter: Filter): Matcher {
  const paths = new Set<string>();
  const check = checkOf(filter, paths);
  return {
    matches: check,
    readsWhat: ({ path }) => {
      for (const read of paths) if (touches(path, read)) return true;
      return false;
    },
  };
}

function checkOf(filter: Filter, paths: Set<string>): Check {
  const { id, role, kind, attributes, any, not } = filter;
  const checks: Check[] = [];
  if (id !== undefined) checks.push(isOneOf(id, (message) => message.id));
  if (role !== undefined) checks.push(isOneOf(role, (message) => message.role));
  if (kind !== undefined) checks.push(isOneOf(kind, (message) => message.kind));
  for (const [path, wanted] of Object.entries(attributes ?? {})) {
    paths.add(path);
    const tokens = parsePointer(path);
    const test = testOf(wanted);
    checks.push((message) => test(valueAt(message.attributes, tokens)));
  }
  if (any !== undefined) {
    const some = any.map((each) => checkOf(each, paths));
    checks.push((message) => some.some((holds) => holds(message)));
  }
  if (not !== undefined) {
    const holds = checkOf(not, paths);
    checks.push((message) => !holds(message));
  }
  return (message) => checks.every((holds) => holds(message));
}

function isOneOf(
  wanted: string | readonly string[],
  of: (message: Filterable) => string | undefined,
): Check {
  const known = new Set<string | undefined>(typeof wanted === "string" ? [wanted] : wanted);
  return (message) => known.has(of(message));
}

function testOf(wanted: AttributeTest): Test {
  if (isListTest(wanted)) return (value) => value !== undefined && wanted.includes(value as Scalar);
  if (typeof wanted !== "object" || wanted === null) return (value) => value === wanted;
  if ("prefix" in wanted) {
    return (value) => typeof value === "string" && value.startsWith(wanted.prefix);
  }
  if ("exists" in wanted) return (value) => (value !== undefined) === wanted.exists;
  const { min, max } = wanted;
  return (value) => {
    if (typeof value !== "number" && typeof value !== "string") return false;
    const fits = (bound: number | string | undefined) =>
      bound === undefined || typeof bound === typeof value;
    if (!fits(min) || !fits(max)) return false;
    return (min === undefined || value >= min) && (max === undefined || value <= max);
  };
}

const isListTest = (test: AttributeTest): test is readonly Scalar[] => Array.isArray(test);

/** The value that a pointer leads to, if any: the walk of PROTOCOL.md, "JSON operations". */
function valueAt(root: JsonValue, tokens: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const token of tokens) {
    if (typeof value !== "object" || value === null) return undefined;
    if (isList(value)) value = INDEX.test(token) ? value[Number(token)] : undefined;
    else value = Object.hasOwn(value, token) ? value[token] : undefined;
  }
  return value;
}

/**
 * Whether an operation at a path may change what another path leads to: one at it or above it may,
 * and one beside it in a list, which moves it. Below it only what tests do not tell apart changes,
 * for what it leads to stays a list or an object.
 */
function touches(path: string, read: string): boolean {
  if (isAtOrBelow(read, path)) return true;
  const end = path.lastIndexOf("/");
  const isIndex = /^(-|0|[1-9][0-9]*)$/.test(path.slice(end + 1));
  return isIndex && isAtOrBelow(read, path.slice(0, end)) && read.length > end;
}

const isAtOrBelow = (path: string, above: string): boolean =>
  path === above || path.startsWith(`${above}/`);
