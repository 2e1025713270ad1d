/**
 * The one rule for keys, in values and in pointers, in both codecs: `__proto__` is refused
 * everywhere, `prototype` directly inside `constructor`. An application that merges a value into
 * an object of its own is safe; a value that merely has a field "constructor" passes.
 */
export function isForbiddenKey(key: string, parent: string | undefined): boolean {
  return key === "__proto__" || (key === "prototype" && parent === "constructor");
}
