import { type Filter, parseFrame } from "@deltawire/spec";

/** A filter that somebody has stated. @throws DeltawireError what the gate throws where it is none */
export function filterOf(filter: unknown): Filter | undefined {
  const frame = parseFrame({ type: "subscribe", channel: "-", request: 0, filter }, "base64");
  return frame.type === "subscribe" ? frame.filter : undefined;
}
