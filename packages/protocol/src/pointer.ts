import { DeltawireError, isForbiddenKey } from "@deltawire/spec";

/** What was parsed last: a string that streams is at the same place each time. */
let last: { readonly path: string; readonly tokens: readonly string[] } | undefined;

/**
 * The tokens of a JSON pointer (RFC 6901).
 *
 * @throws DeltawireError `malformed` or `forbidden_key`
 */
export function parsePointer(path: string): readonly string[] {
  if (path === "") return [];
  if (path === last?.path) return last.tokens;
  const isEscaped = path.includes("~");
  if (!path.startsWith("/") || (isEscaped && /~(?![01])/.test(path))) {
    const what = `${JSON.stringify(path)} is not a JSON pointer (RFC 6901)`;
    throw new DeltawireError("malformed", what, { path: "/path" });
  }
  const raw = path.slice(1).split("/");
  const tokens = isEscaped
    ? raw.map((token) => token.replace(/~1/g, "/").replace(/~0/g, "~"))
    : raw;
  let parent: string | undefined;
  for (const token of tokens) {
    if (isForbiddenKey(token, parent)) {
      throw new DeltawireError("forbidden_key", `the key at ${path} is refused`, { path: "/path" });
    }
    parent = token;
  }
  last = { path, tokens };
  return tokens;
}

/** A pointer with one more token. */
export function pointerTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;
}
