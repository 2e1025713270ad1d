import { DeltawireError, type Frame, SUBPROTOCOLS, toWellFormed } from "@deltawire/spec";
import { encodeJson } from "./json-text.js";
import { checkLength } from "./message-size.js";
import type { SharedFrame } from "./shared-frame.js";
import type { Codec, Gate, Wire } from "./wire.js";

/** One end of a connection that speaks JSON: see {@link Codec}. */
export class JsonCodec implements Codec {
  readonly subprotocol: typeof SUBPROTOCOLS.json = SUBPROTOCOLS.json;
  // Nothing is compact here.
  readsCompact = false;
  writesCompact = false;
  readonly #gate: Gate;

  /** @param gate what comes goes through it: `parseFrame` at a server, `parseDownward` at a client */
  constructor(gate: Gate) {
    this.#gate = gate;
  }

  encode(frame: Frame): Wire[] {
    return [encodeJson(frame)];
  }

  encodeShared(frame: SharedFrame): Wire[] {
    return [frame.json];
  }

  decode(message: Wire): Frame {
    if (typeof message !== "string") {
      const what = `${this.subprotocol} has text messages only`;
      throw new DeltawireError("malformed", what, { path: "" });
    }
    checkLength(message.length);
    let value: unknown;
    try {
      value = JSON.parse(message);
    } catch (error) {
      const what = `not JSON: ${error instanceof Error ? error.message : String(error)}`;
      throw new DeltawireError("malformed", toWellFormed(what), { path: "" });
    }
    return this.#gate(value, "base64");
  }
}
