import {
  checkJson,
  DeltawireError,
  type JsonObject,
  type JsonOperation,
  type JsonValue,
} from "@deltawire/spec";
import { parsePointer } from "./pointer.js";
import { isList, sizeOf } from "./size.js";
import { checkSplices, spliceString } from "./splices.js";

/** A JSON value with its size; an operation on it changes the size by what it adds and removes. */
export interface Sized {
  readonly value: JsonValue;
  readonly size: number;
}

const INDEX = /^(0|[1-9][0-9]{0,8})$/;

const notFound = (path: string): DeltawireError =>
  new DeltawireError("path_not_found", `there is nothing at ${path}`, { path: "/path" });

/** `text` as {@link checkSplices} wants it; only looks inside where a splice is not an append. */
const spliceable = (text: string) => ({
  length: text.length,
  isBoundary: (offset: number): boolean =>
    offset === 0 || offset >= text.length || (text.charCodeAt(offset) & 0xfc00) !== 0xdc00,
});

/** What stands at the end of the path before the operation, and what after it. */
function edit(
  operation: JsonOperation,
  old: JsonValue | undefined,
  tokens: readonly string[],
): JsonValue {
  if (operation.op === "splice") {
    if (typeof old !== "string") {
      const what = `there is no string at ${operation.path}`;
      throw new DeltawireError(old === undefined ? "path_not_found" : "wrong_part_kind", what, {
        path: "/path",
      });
    }
    checkSplices(spliceable(old), [operation], () => "");
    return spliceString(old, [operation]);
  }
  if (operation.op === "remove") return null;
  return checkJson(operation.value, "/value", tokens.at(-1), tokens.length);
}

/**
 * Applies one operation (RFC 6902 add, remove, replace; or a splice of a string), copying only
 * the containers on its path.
 *
 * @throws DeltawireError `path_not_found`, `malformed`, `forbidden_key`, `limit_exceeded`, and
 *   for a splice `offset_out_of_range`, `inside_surrogate_pair`, `wrong_part_kind`
 */
export function applyOperation(target: Sized, operation: JsonOperation): Sized {
  const tokens = parsePointer(operation.path);
  let delta = 0;
  const put = (old: JsonValue | undefined, removing: boolean): JsonValue => {
    if (operation.op === "splice") {
      const value = edit(operation, old, tokens);
      delta = operation.text.length - operation.removed;
      return value;
    }
    const value = edit(operation, old, tokens);
    if (!removing) delta += sizeOf(value);
    if (old !== undefined) delta -= sizeOf(old);
    return value;
  };

  const walk = (value: JsonValue, depth: number): JsonValue => {
    const token = tokens[depth] as string; // depth < tokens.length
    const last = depth === tokens.length - 1;
    if (typeof value !== "object" || value === null) throw notFound(operation.path);
    if (isList(value)) return walkList(value, token, depth, last);
    const old = Object.hasOwn(value, token) ? value[token] : undefined;
    if (old === undefined && !(last && operation.op === "add")) throw notFound(operation.path);
    const copy: Record<string, JsonValue> = { ...value };
    if (!last)
      copy[token] = walk(old as JsonValue, depth + 1); // not undefined, see above
    else if (operation.op === "remove") {
      put(old, true);
      delta -= token.length;
      delete copy[token];
    } else {
      if (old === undefined) delta += token.length;
      copy[token] = put(old, false);
    }
    return copy;
  };

  const walkList = (
    list: readonly JsonValue[],
    token: string,
    depth: number,
    last: boolean,
  ): JsonValue => {
    const adding = last && operation.op === "add";
    const at = adding && token === "-" ? list.length : INDEX.test(token) ? Number(token) : -1;
    if (at < 0 || at > list.length || (at === list.length && !adding)) {
      throw notFound(operation.path);
    }
    const copy = list.slice();
    if (!last)
      copy[at] = walk(list[at] as JsonValue, depth + 1); // at < length
    else if (operation.op === "remove") {
      put(list[at], true);
      copy.splice(at, 1);
    } else if (adding) copy.splice(at, 0, put(undefined, false));
    else copy[at] = put(list[at], false);
    return copy;
  };

  if (tokens.length === 0) {
    if (operation.op === "remove") throw notFound(operation.path);
    const value = put(target.value, false);
    return { value, size: target.size + delta };
  }
  const value = walk(target.value, 0);
  return { value, size: target.size + delta };
}

/** Applies operations to an object that stays an object: attributes. */
export function applyToObject(
  target: JsonObject,
  operations: readonly JsonOperation[],
): { readonly value: JsonObject; readonly size: number; readonly delta: number } {
  const before = sizeOf(target);
  let sized: Sized = { value: target, size: before };
  operations.forEach((operation, i) => {
    sized = at(`/attributes/${i}`, () => applyOperation(sized, operation));
  });
  const { value } = sized;
  if (typeof value !== "object" || value === null || isList(value)) {
    throw new DeltawireError("malformed", "attributes are an object", { path: "/attributes" });
  }
  return { value, size: sized.size, delta: sized.size - before };
}

/** Runs a step; an error in it gets the place of the step before its own path. */
export function at<T>(place: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const path = place + (error.path ?? "");
    throw new DeltawireError(error.code, error.message, { path, channel: error.channel });
  }
}
