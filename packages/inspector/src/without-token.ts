import type { TapEvent } from "@deltawire/client";

const HIDDEN = "(left out)";

/**
 * The event without the token that its message has: neither what is shown nor a file that is handed
 * on lets anybody in. Its message is JSON then, whatever the codec.
 */
export function withoutToken(event: TapEvent): TapEvent {
  if (event.type !== "message" || !event.frame || !("token" in event.frame)) return event;
  const { frame } = event;
  if ((frame.type !== "hello" && frame.type !== "authenticate") || !frame.token) return event;
  const shown = { ...frame, token: HIDDEN };
  return { ...event, frame: shown, message: JSON.stringify(shown) };
}
