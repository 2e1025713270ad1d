import {
  checkJson,
  DeltawireError,
  type JsonObject,
  type JsonOperation,
  type JsonValue,
} from "@deltawire/spec";
import { parsePointer } from "./pointer.js";
import { isList, sizeOf } from "./size.js";
import { checkSplice, spliceString } from "./splices.js";

/** A JSON value with its size; an operation on it changes the size by what it adds and removes. */
export interface Sized {
  readonly value: JsonValue;
  readonly size: number;
}

const INDEX = /^(0|[1-9][0-9]{0,8})$/;

/** An object that was copied. */
type Members = Record<string, JsonValue>;

type StringSplice = Extract<JsonOperation, { readonly op: "splice" }>;

function spliced(operation: StringSplice, old: JsonValue | undefined): string {
  const { path, changed_offset: offset, removed, text } = operation;
  if (typeof old !== "string") {
    const code = old === undefined ? "path_not_found" : "wrong_part_kind";
    throw new DeltawireError(code, `there is no string at ${path}`, { path: "/path" });
  }
  if (removed === 0 && offset === old.length) return old + text;
  checkSplice(old, operation);
  return spliceString(old, [operation]);
}

/** Containers that were copied for the operations so far: nobody else has them, so they may change. */
type Copies = Set<JsonValue>;

/** One operation on its way down to the value that it is about. */
class Step {
  readonly #operation: JsonOperation;
  readonly #tokens: readonly string[];
  readonly #copies: Copies | undefined;
  /** By how much the size has changed. */
  delta = 0;

  /** @param copies where more operations follow, or came before: what they may change in place */
  constructor(operation: JsonOperation, copies?: Copies) {
    this.#operation = operation;
    this.#tokens = parsePointer(operation.path);
    this.#copies = copies;
  }

  /** The value with the operation done to it; what is not on the way is shared. */
  at(value: JsonValue, depth = 0): JsonValue {
    const token = this.#tokens[depth];
    if (token === undefined) return this.#put(value, "");
    if (typeof value !== "object" || value === null) throw this.#notFound();
    const isLast = depth === this.#tokens.length - 1;
    if (isList(value)) return this.#inList(value, token, depth, isLast);
    const { op } = this.#operation;
    const old = Object.hasOwn(value, token) ? value[token] : undefined;
    if (old === undefined && !(isLast && op === "add")) throw this.#notFound();
    const copy: Members = this.#copies?.has(value) ? (value as Members) : { ...value }; // made here
    this.#copies?.add(copy);
    if (isLast && op === "remove") {
      this.#take(old);
      this.delta -= token.length;
      delete copy[token];
    } else if (isLast) {
      if (old === undefined) this.delta += token.length;
      copy[token] = this.#put(old, token);
    } else copy[token] = this.at(old as JsonValue, depth + 1); // not undefined, see above
    return copy;
  }

  #inList(
    list: readonly JsonValue[],
    token: string,
    depth: number,
    isLast: boolean,
  ): readonly JsonValue[] {
    const { op } = this.#operation;
    const adding = isLast && op === "add";
    const at = adding && token === "-" ? list.length : INDEX.test(token) ? Number(token) : -1;
    if (at < 0 || at > list.length || (at === list.length && !adding)) throw this.#notFound();
    const copy = this.#copies?.has(list) ? (list as JsonValue[]) : list.slice(); // made here
    this.#copies?.add(copy);
    if (!isLast)
      copy[at] = this.at(list[at] as JsonValue, depth + 1); // at < length
    else if (op === "remove") {
      this.#take(list[at]);
      copy.splice(at, 1);
    } else if (adding) copy.splice(at, 0, this.#put(undefined, token));
    else copy[at] = this.#put(list[at], token);
    return copy;
  }

  /** What stands at the end of the path after the operation, in place of what stood there. */
  #put(old: JsonValue | undefined, token: string): JsonValue {
    const operation = this.#operation;
    if (operation.op === "splice") {
      const text = spliced(operation, old);
      this.delta += operation.text.length - operation.removed;
      return text;
    }
    if (operation.op === "remove") throw this.#notFound(); // the root
    const depth = this.#tokens.length;
    const value = checkJson(operation.value, "/value", depth > 0 ? token : undefined, depth);
    this.delta += sizeOf(value);
    this.#take(old);
    return value;
  }

  #take(old: JsonValue | undefined): void {
    if (old !== undefined) this.delta -= sizeOf(old);
  }

  #notFound(): DeltawireError {
    const { path } = this.#operation;
    return new DeltawireError("path_not_found", `there is nothing at ${path}`, { path: "/path" });
  }
}

/**
 * Applies one operation (RFC 6902 add, remove, replace; or a splice of a string), copying only
 * the containers on its path.
 *
 * @throws DeltawireError `path_not_found`, `malformed`, `forbidden_key`, `limit_exceeded`, and
 *   for a splice `offset_out_of_range`, `inside_surrogate_pair`, `wrong_part_kind`
 */
export function applyOperation(target: Sized, operation: JsonOperation): Sized {
  const step = new Step(operation);
  const value = step.at(target.value);
  return { value, size: target.size + step.delta };
}

/**
 * Applies operations in their order; each container on their paths is copied once for all of them.
 *
 * @param place where they are, for errors
 * @throws DeltawireError see {@link applyOperation}
 */
export function applyOperations(
  target: Sized,
  operations: readonly JsonOperation[],
  place: string,
): Sized {
  let { value, size } = target;
  const copies: Copies | undefined = operations.length > 1 ? new Set() : undefined;
  let i = 0;
  try {
    for (; i < operations.length; i++) {
      const step = new Step(operations[i] as JsonOperation, copies); // i < length
      value = step.at(value);
      size += step.delta;
    }
  } catch (error) {
    throw placed(error, `${place}/${i}`);
  }
  return { value, size };
}

/** Applies operations to an object that stays an object: attributes. */
export function applyToObject(
  target: JsonObject,
  operations: readonly JsonOperation[],
): { readonly value: JsonObject; readonly size: number; readonly delta: number } {
  const before = sizeOf(target);
  const { value, size } = applyOperations(
    { value: target, size: before },
    operations,
    "/attributes",
  );
  if (typeof value !== "object" || value === null || isList(value)) {
    throw new DeltawireError("malformed", "attributes are an object", { path: "/attributes" });
  }
  return { value, size, delta: size - before };
}

/** An error of a step, which gets the place of the step before its own path. */
export function placed(error: unknown, place: string): unknown {
  if (!(error instanceof DeltawireError)) return error;
  const path = place + (error.path ?? "");
  return new DeltawireError(error.code, error.message, { path, channel: error.channel });
}
