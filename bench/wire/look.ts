import type { JsonValue } from "@deltawire/spec";
import type { Edit, Receiver } from "./peer.js";

/** What a JSON Pointer (RFC 6901) leads to. */
function valueAt(value: unknown, path: string): unknown {
  let place = value;
  for (const token of path.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    place = Array.isArray(place) ? place.at(key === "-" ? -1 : Number(key)) : Object(place)[key];
  }
  return place;
}

/** Asks a string for a character, for which the engine makes one piece of it. */
const last = (text: unknown): number =>
  typeof text === "string" && text.length > 0 ? text.charCodeAt(text.length - 1) : 0;

/** Reads each part that a window has changed, where it has. Returns what must not be left out. */
export function look(receiver: Receiver, window: readonly Edit[]): number {
  let sum = 0;
  for (const edit of window) {
    const value: string | JsonValue | undefined = receiver.read(edit.part);
    sum += last(value);
    if (edit.is !== "patch") continue;
    for (const { path } of edit.operations) sum += last(valueAt(value, path));
  }
  return sum;
}
