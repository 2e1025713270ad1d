/** The protocol's version, stated by `hello` and `welcome`. PROTOCOL.md, "Versioning". */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocols (RFC 6455, section 1.9), in the order a client prefers them. */
export const SUBPROTOCOLS = {
  msgpack: "deltawire.v1.msgpack",
  json: "deltawire.v1.json",
} as const;

/** What a client may state in `hello` that it can do: `deflate`, read compressed forms. */
export type Capability = "deflate";

/** One of the two negotiated subprotocol names. */
export type Subprotocol = (typeof SUBPROTOCOLS)[keyof typeof SUBPROTOCOLS];
