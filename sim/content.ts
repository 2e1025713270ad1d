import type { Message, Part } from "@deltawire/protocol";
import { canonical, streamOf } from "./draft.js";

/** A part's value as one text, in the form in which drafts keep theirs. */
export function contentOf(part: Part): string {
  if (part.kind === "text") return `text ${part.text}`;
  if (part.kind === "json") return `json ${canonical(part.value)}`;
  return streamOf({ start: part.start, base: [...part.base], bytes: [...part.bytes] });
}

/** A message as a draft expects it. */
export function seen(message: Message): object {
  const { id, generation, status, attributes, parts } = message;
  return {
    id,
    generation,
    status,
    attributes: canonical(attributes),
    parts: parts.map((part) => `${part.id} ${contentOf(part)}`),
  };
}
