import { DeltawireError, LIMITS, toWellFormed } from "@deltawire/spec";

/**
 * A copy of a caller's value, which later changes to the original leave alone: with U+FFFD in place
 * of lone surrogates, and without members that are undefined. What else the protocol refuses
 * (numbers that are not finite, forbidden keys, too deep a value) is left to its gate.
 *
 * @throws DeltawireError `malformed` for an object that is more than its members: a `Date`, a `Map`
 */
export function copyOf<Value>(value: Value): Value {
  return copyAt("", value, 0) as Value; // or the gate refuses it
}

function copyAt(path: string, value: unknown, depth: number): unknown {
  if (typeof value === "string") return toWellFormed(value);
  // Too deep, or a ring: the gate stops at a lower depth, and says so.
  if (typeof value !== "object" || value === null || depth > 2 * LIMITS.max_depth) return value;
  if (Array.isArray(value)) {
    return Array.from(value, (item, i) => copyAt(`${path}/${i}`, item, depth + 1));
  }
  if (!isPlain(value)) {
    const what = `expected a JSON value at ${path || "the root"}, not a ${value.constructor?.name}`;
    throw new DeltawireError("malformed", what, { path });
  }
  const members: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) {
      members.push([toWellFormed(key), copyAt(`${path}/${key}`, item, depth + 1)]);
    }
  }
  return Object.fromEntries(members);
}

/** Whether an object was made by `{}`, in this realm or another one, or has no prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
