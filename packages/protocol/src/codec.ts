import { parseFrame, SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { JsonCodec } from "./json-codec.js";
import { MsgpackCodec } from "./msgpack-connection.js";
import type { Codec, StateOf } from "./wire.js";

/**
 * The end of a codec that speaks a subprotocol, and takes every frame.
 *
 * @param stateOf what compressed forms are read with: the replicas that frames are applied to, each
 *   before the next frame is decoded. Without it compressed forms are refused.
 */
export function createCodec(subprotocol: Subprotocol, stateOf?: StateOf): Codec {
  return subprotocol === SUBPROTOCOLS.json
    ? new JsonCodec(parseFrame)
    : new MsgpackCodec(parseFrame, stateOf);
}
