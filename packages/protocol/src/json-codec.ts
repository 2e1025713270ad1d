import {
  DeltawireError,
  type Frame,
  isWellFormed,
  parseFrame,
  SUBPROTOCOLS,
} from "@deltawire/spec";
import { checkLength } from "./message-size.js";
import type { SharedFrame } from "./shared-frame.js";
import type { Codec, Wire } from "./wire.js";

/** One end of a connection that speaks JSON: see {@link Codec}. */
export class JsonCodec implements Codec {
  readonly subprotocol: typeof SUBPROTOCOLS.json = SUBPROTOCOLS.json;

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
      throw new DeltawireError("malformed", isWellFormed(what) ? what : "not JSON", { path: "" });
    }
    return parseFrame(value, "base64");
  }
}

/** A frame as the JSON codec writes it: bytes are base64. */
export function encodeJson(frame: Frame): string {
  return JSON.stringify(frame, function (this: Record<string, unknown>, key, value: unknown) {
    const raw = this[key]; // before a Buffer's own toJSON
    return raw instanceof Uint8Array ? base64(raw) : value;
  });
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}
