import { createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";

/** The value with bytes as base64, as the JSON codec writes them. */
export function base64(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, function (this: Record<string, unknown>, key, item: unknown) {
      const raw = this[key];
      return raw instanceof Uint8Array ? Buffer.from(raw).toString("base64") : item;
    }),
  );
}

/** A frame as the JSON codec's text has it. */
export const plainFrame = (frame: Frame): unknown =>
  JSON.parse(String(createCodec(SUBPROTOCOLS.json).encode(frame)[0]));
