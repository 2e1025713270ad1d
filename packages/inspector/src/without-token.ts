import type { TapEvent } from "@deltawire/client";
import { MessagePack } from "@deltawire/protocol";
import { utf8Length } from "./wire-size.js";

/**
 * The event with asterisks for the token that its message has, as many as it is long: neither what
 * is shown nor a file that is handed on lets anybody in.
 */
export function withoutToken(event: TapEvent): TapEvent {
  if (event.type !== "message") return event;
  const { frame } = event;
  if ((frame?.type !== "hello" && frame?.type !== "authenticate") || !frame.token) return event;
  const isText = typeof event.message === "string";
  const length = isText ? utf8Length(JSON.stringify(frame.token)) - 2 : utf8Length(frame.token);
  const shown = { ...frame, token: "*".repeat(length) };
  const message = isText ? JSON.stringify(shown) : MessagePack.pack(shown);
  return { ...event, frame: shown, message };
}
