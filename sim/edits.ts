import type { MessageWriter } from "@deltawire/encoder";
import type { Draft, StreamEnd } from "./draft.js";
import type { Random } from "./random.js";
import { attributes, edited, grown, range, value, words } from "./words.js";

/** A message that is written, and what has to come of it. */
export interface Writing {
  readonly writer: MessageWriter;
  readonly draft: Draft;
}

/** What an edit did. */
export interface Edit {
  /** Units of text that were written, at least. */
  readonly written?: number;
  /** Whether it took a part out. */
  readonly empties?: boolean;
}

/** Chooses an edit of any kind; it is made, by writer and draft alike, when it is called. */
export function anyEdit(writing: Writing, random: Random): () => Edit {
  const dice = random.next();
  const part = random.chance(0.8) ? "text" : "thoughts";
  if (dice < 0.45) return () => append(writing, words(random));
  if (dice < 0.67) return () => editText(writing, part, random);
  if (dice < 0.85) return () => editJson(writing, random);
  if (dice < 0.92) return () => editBytes(writing, random);
  return () => editRest(writing, random);
}

/** Adds to the default text. */
export function append({ writer, draft }: Writing, text: string): Edit {
  writer.append(text);
  draft.text("text", (raw) => raw + text);
  return { written: text.length };
}

function editText({ writer, draft }: Writing, part: string, random: Random): Edit {
  const old = draft.parts.get(part);
  const raw = old?.kind === "text" ? old.raw : "";
  if (random.chance(0.5)) {
    const next = edited(random, raw);
    writer.text(part).set(next);
    draft.text(part, () => next);
    return { written: Math.abs(next.length - raw.length) };
  }
  const { offset, removed } = range(random, raw.length);
  const text = words(random, 3);
  writer.text(part).splice(offset, removed, text);
  draft.text(part, () => raw.slice(0, offset) + text + raw.slice(offset + removed));
  return { written: text.length };
}

function editJson({ writer, draft }: Writing, random: Random): Edit {
  const old = draft.parts.get("call");
  const before = old?.kind === "json" ? old.value : undefined;
  if (before !== undefined && random.chance(0.2)) {
    const count = random.int(1000);
    writer.json("call").patch([{ op: "add", path: "/count", value: count }]);
    draft.json("call", { ...(before as object), count });
    return {};
  }
  const next = random.chance(0.6) ? grown(random, before) : value(random, before);
  writer.json("call").set(next);
  draft.json("call", next);
  return {};
}

/** Bytes kept of some messages' output. */
const TAIL = 12;

function editBytes({ writer, draft }: Writing, random: Random): Edit {
  const old = draft.parts.get("output");
  const tail = writer.id.length % 3 === 0 ? TAIL : Number.POSITIVE_INFINITY;
  const output = writer.bytes("output", tail === TAIL ? { tail } : {});
  let length = old?.kind === "bytes" ? old.bytes.length : 0;
  const more = Array.from({ length: random.int(8) }, () => random.int(256));
  const scrolls = random.chance(0.4);
  if (!scrolls || random.chance(0.5)) {
    output.append(Uint8Array.from(more));
    draft.bytes("output", (end) => without(end, [...end.bytes, ...more], tail));
    length = Math.min(tail, length + more.length);
  }
  const trimmed = random.int(length + 1);
  if (!scrolls || trimmed === 0) return {};
  if (random.chance(0.5)) {
    output.trim(trimmed);
    draft.bytes("output", (end) => without(end, end.bytes, length - trimmed));
  } else {
    const base = [random.int(256), random.int(256)];
    output.compact(Uint8Array.from(base), output.position - length + trimmed);
    draft.bytes("output", ({ start, bytes }) => ({
      start: start + trimmed,
      base,
      bytes: bytes.slice(trimmed),
    }));
  }
  return {};
}

/** The last bytes; a base does not stand for those before them. */
function without({ start, base }: StreamEnd, bytes: readonly number[], most: number): StreamEnd {
  const gone = Math.max(0, bytes.length - most);
  return { start: start + gone, base: gone > 0 ? [] : base, bytes: bytes.slice(gone) };
}

function editRest({ writer, draft }: Writing, random: Random): Edit {
  if (draft.parts.size > 1 && random.chance(0.3)) {
    const part = random.pick([...draft.parts.keys()]);
    writer.removePart(part);
    draft.removePart(part);
    return { empties: true };
  }
  const next = attributes(random);
  writer.setAttributes(next);
  draft.attributes = next;
  return {};
}
