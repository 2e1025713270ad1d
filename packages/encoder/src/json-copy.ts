import { DeltawireError, type JsonOperation, LIMITS, toWellFormed } from "@deltawire/spec";

/**
 * A copy of a caller's value, which later changes to the original leave alone: with U+FFFD in place
 * of lone surrogates, and without members that are undefined. What else the protocol refuses
 * (numbers that are not finite, forbidden keys, too deep a value) is left to its gate.
 *
 * @throws DeltawireError `malformed` for an object that is more than its members: a `Date`, a `Map`
 */
export function copyOf<Value>(value: Value): Value {
  return copyAt(value, undefined, 0) as Value; // or the gate refuses it
}

/** Where a value stands. Only an error spells it out. */
interface Place {
  readonly inside: Place | undefined;
  readonly token: string | number;
}

const pointerTo = (place: Place | undefined): string =>
  place ? `${pointerTo(place.inside)}/${place.token}` : "";

function copyAt(value: unknown, place: Place | undefined, depth: number): unknown {
  if (typeof value === "string") return toWellFormed(value);
  // Too deep, or a ring: the gate stops at a lower depth, and says so.
  if (typeof value !== "object" || value === null || depth > 2 * LIMITS.max_depth) return value;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      list.push(copyAt(value[i], { inside: place, token: i }, depth + 1));
    }
    return list;
  }
  if (!isPlain(value)) {
    const path = pointerTo(place);
    const what = `expected a JSON value at ${path || "the root"}, not a ${value.constructor?.name}`;
    throw new DeltawireError("malformed", what, { path });
  }
  const members = value as Readonly<Record<string, unknown>>; // no list, and no class's
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(members)) {
    const item = members[name];
    if (item === undefined) continue;
    const key = toWellFormed(name);
    const member = copyAt(item, { inside: place, token: name }, depth + 1);
    if (key === "__proto__") define(copy, key, member);
    else copy[key] = member;
  }
  return copy;
}

/** Sets an own member of any name. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** A copy of operations as {@link copyOf} makes it; of those that stream, no more than is in them. */
export function copyOfOperations(operations: readonly JsonOperation[]): readonly JsonOperation[] {
  const [only] = operations;
  if (only?.op !== "splice" || operations.length > 1) return copyOf(operations);
  const { op, path, changed_offset, removed, text } = only;
  if (typeof path !== "string" || typeof text !== "string") return copyOf(operations);
  return [{ op, path: toWellFormed(path), changed_offset, removed, text: toWellFormed(text) }];
}

/** Whether an object was made by `{}`, in this realm or another one, or has no prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
