import { DeltawireError, isForbiddenKey } from "@deltawire/spec";

/**
 * The tokens of a JSON pointer (RFC 6901).
 *
 * @throws DeltawireError `malformed` or `forbidden_key`
 */
export function parsePointer(path: string): string[] {
  if (path === "") return [];
  const escaped = path.includes("~");
  if (!path.startsWith("/") || (escaped && /~(?![01])/.test(path))) {
    const what = `${JSON.stringify(path)} is not a JSON pointer (RFC 6901)`;
    throw new DeltawireError("malformed", what, { path: "/path" });
  }
  let tokens = path.slice(1).split("/");
  if (escaped) tokens = tokens.map((token) => token.replace(/~1/g, "/").replace(/~0/g, "~"));
  tokens.forEach((token, i) => {
    if (isForbiddenKey(token, tokens[i - 1])) {
      throw new DeltawireError("forbidden_key", `the key at ${path} is refused`, { path: "/path" });
    }
  });
  return tokens;
}

/** A pointer with one more token. */
export function pointerTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replace(/~/g, "~0").replace(/\//g, "~1")}`;
}
