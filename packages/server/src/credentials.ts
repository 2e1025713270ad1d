import { LIMITS } from "@deltawire/spec";
import type { Credentials } from "./access.js";

/** Before a token, as base64url of its UTF-8, among the WebSocket subprotocols; never selected. */
const TOKEN_SUBPROTOCOL = "deltawire.token.";

/** The cookie that a token is taken from. */
const TOKEN_COOKIE = "deltawire_token";

/**
 * What a request or a handshake shows: the token of its bearer header (RFC 6750), its subprotocol
 * entry or its cookie, the first that is there.
 */
export function credentialsOf(headers: Headers, remoteAddress: string | undefined): Credentials {
  const token = bearer(headers) ?? subprotocol(headers) ?? cookie(headers);
  const usable = token !== undefined && token.length <= LIMITS.max_note_length;
  return {
    headers,
    ...(usable && { token }),
    ...(remoteAddress !== undefined && { remoteAddress }),
  };
}

function bearer(headers: Headers): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function subprotocol(headers: Headers): string | undefined {
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(/\s*,\s*/);
  const entry = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL));
  return entry === undefined ? undefined : fromBase64Url(entry.slice(TOKEN_SUBPROTOCOL.length));
}

function cookie(headers: Headers): string | undefined {
  for (const pair of (headers.get("cookie") ?? "").split(/; */)) {
    const [name, ...value] = pair.split("=");
    if (name === TOKEN_COOKIE) return value.join("=") || undefined;
  }
  return undefined;
}

function fromBase64Url(encoded: string): string | undefined {
  try {
    const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes) || undefined;
  } catch {
    return undefined; // not base64, or not text
  }
}
