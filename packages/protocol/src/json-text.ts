import type { Frame } from "@deltawire/spec";

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
