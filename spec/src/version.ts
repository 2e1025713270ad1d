/** The protocol's version, stated by `hello` and `welcome`. PROTOCOL.md, "Versioning". */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocols (RFC 6455, section 1.9), in the order a client prefers them. */
export const SUBPROTOCOLS = {
  msgpack: "deltawire.v1.msgpack",
  json: "deltawire.v1.json",
} as const;

/**
 * What an end may state that it can do: `deflate`, read compressed forms (a client, in `hello`);
 * `compact`, read compact values (a client in `hello`, a server in `welcome`).
 */
export type Capability = "deflate" | "compact";

/** One of the two negotiated subprotocol names. */
export type Subprotocol = (typeof SUBPROTOCOLS)[keyof typeof SUBPROTOCOLS];
