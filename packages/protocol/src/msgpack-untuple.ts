import { DeltawireError } from "@deltawire/spec";
import { changeOf as changeOfAppend, statedTip, tipOf } from "./append.js";
import type { CodecContext } from "./codec-context.js";
import { DICTIONARY } from "./dictionary.js";
import { KINDS, OPERATIONS, STATUSES, TUPLE } from "./msgpack-tuples.js";
import type { NumberedPart, Tip } from "./numbered-part.js";
import { brief } from "./packer.js";

// The reverse of msgpack-tuples: tuples become plain objects of the frame's form, which then pass
// the gate like any other input. Only what the context needs is looked at here.

interface Plain {
  [field: string]: unknown;
}

/** A whole number from 0, and not -0. */
export const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && !Object.is(value, -0);

const malformed = (what: string): DeltawireError =>
  new DeltawireError("malformed", what, { path: "" });

export function tuple(value: unknown, least: number, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least) {
    throw malformed(`expected ${what}: an array of at least ${least}`);
  }
  return value;
}

const named = (codes: readonly string[], code: unknown, what: string): string => {
  const name = typeof code === "number" ? codes[code] : undefined;
  if (name === undefined) throw malformed(`${brief(code)} is not the code of a ${what}`);
  return name;
};

/** An absent field for nil; the gate refuses it where it is required. */
export const given = (value: unknown): unknown => (value === null ? undefined : value);

const errorOf = (value: unknown): Plain | undefined => {
  if (value === null || value === undefined) return undefined;
  const [code, message] = tuple(value, 2, "an error");
  return { code, message: given(message) };
};

/** The message of a tuple; `intern` is false in a snapshot, which states its names apart. */
export function messageOf(context: CodecContext, value: unknown, intern: boolean): Plain {
  const fields = tuple(value, intern ? 7 : 9, "a message");
  const [id, generation, role, kind, attributes, origin, parts, code, error] = fields;
  const status = given(code) === undefined ? undefined : named(STATUSES, code, "status");
  const isOpen = status === undefined || status === "streaming" || status === "interrupted";
  return {
    id,
    generation,
    role: context.names.read(role, intern),
    kind: given(context.names.read(kind, intern)),
    attributes: given(attributes),
    origin: given(context.names.read(origin, intern)),
    parts: tuple(parts, 0, "parts").map((part) => contentOf(context, id, part, isOpen)),
    status,
    error: errorOf(error),
  };
}

function contentOf(
  context: CodecContext,
  message: unknown,
  value: unknown,
  isNumbered = true,
): Plain {
  const fields = tuple(value, isNumbered ? 4 : 3, "a part");
  const [id, code, content, ordinal, path, offset] = fields;
  const kind = named(KINDS, code, "kind");
  if (isNumbered) {
    const length = kind === "text" ? lengthOf(content) : undefined;
    const known = context.loading && find(context, message, id);
    // In a further chunk of a snapshot a part may go on.
    if (known && known.ordinal === ordinal) grow(known, length ?? 0);
    else {
      const numbered = context.bind(ordinal, message, id, length);
      if (kind === "json") numbered.tip = statedTip(path, offset);
    }
  }
  if (kind === "bytes" && Array.isArray(content)) {
    const [bytes, start, base] = tuple(content, 3, "bytes");
    return { id, kind, bytes, start: given(start), base: given(base) };
  }
  return { id, kind, [kind === "json" ? "value" : kind]: content };
}

/** A part by ids that may be none: the gate refuses those. */
const find = (context: CodecContext, message: unknown, part: unknown): NumberedPart | undefined =>
  typeof message === "string" && typeof part === "string" ? context.find(message, part) : undefined;

const release = (context: CodecContext, message: unknown): void => {
  if (typeof message === "string") context.releaseMessage(message);
};

const lengthOf = (text: unknown): number => (typeof text === "string" ? text.length : 0);

/** The tip that an operation leaves: the end of a splice. */
export function tipAfter({ op, path, changed_offset, text }: Plain = {}): Tip | undefined {
  if (op !== "splice" || typeof changed_offset !== "number") return undefined;
  return tipOf(path, changed_offset + lengthOf(text));
}

export function operationOf(context: CodecContext, value: unknown): Plain {
  const [code, name, ...rest] = tuple(value, 2, "an operation");
  const op = named(OPERATIONS, code, "operation");
  const path = context.names.read(name, true);
  if (op === "splice") {
    const [changed_offset, removed, text] = rest;
    return { op, path, changed_offset, removed, text };
  }
  return op === "remove" ? { op, path } : { op, path, value: rest[0] };
}

/** Keeps the length of a text part. */
export function grow(numbered: NumberedPart, units: number): void {
  if (numbered.length !== undefined) numbered.length += units;
}

interface Patch extends Plain {
  id: unknown;
  parts?: Plain[];
  attributes?: Plain[];
}

/** The changes of the tuples; tuples of one message that follow each other are one patch. */
export function changesOf(context: CodecContext, tuples: readonly unknown[]): Plain[] {
  const changes: Plain[] = [];
  let patch: Patch | undefined;
  const patchOf = (id: unknown) => {
    if (!patch || patch.id !== id) {
      patch = { id };
      changes.push(Object.assign(patch, { type: "message_patch" }));
    }
    return patch;
  };
  const patchPart = (id: unknown, change: Plain) => {
    const target = patchOf(id);
    target.parts ??= [];
    target.parts.push(change);
  };
  for (const item of tuples) {
    const fields = tuple(item, 1, "a change");
    const [code, target] = fields;
    if (code === TUPLE.message_attributes) {
      const operations = fields.slice(2).map((operation) => operationOf(context, operation));
      const patched = patchOf(target);
      patched.attributes = [...(patched.attributes ?? []), ...operations];
    } else if (code === TUPLE.message_status) {
      patchOf(target).status = named(STATUSES, fields[2], "status");
    } else if (code === TUPLE.message_origin) {
      patchOf(target).origin = context.names.read(tuple(item, 3, "an origin")[2], true);
    } else if (code === TUPLE.part_inserted) {
      const content = contentOf(context, target, fields[2]);
      patchPart(target, { type: "part_inserted", content, before: given(fields[3]) });
    } else if (isPartTuple(code)) {
      const numbered = context.at(target);
      patchPart(numbered.message, partChangeOf(context, numbered, code, fields));
    } else {
      patch = undefined;
      changes.push(changeOf(context, code, fields));
    }
  }
  return changes;
}

type PartTuple = 5 | 6 | 7 | 9 | 12;

const isPartTuple = (code: unknown): code is PartTuple =>
  code === TUPLE.text_append ||
  code === TUPLE.text_splice ||
  code === TUPLE.json_patch ||
  code === TUPLE.bytes_patch ||
  code === TUPLE.part_removed;

function partChangeOf(
  context: CodecContext,
  numbered: NumberedPart,
  code: PartTuple,
  fields: readonly unknown[],
): Plain {
  const { part } = numbered;
  if (code === TUPLE.text_append) {
    const [, , text] = fields;
    if (typeof text !== "string") {
      return { type: "text_splice", part, splices: [{ changed_offset: 0, removed: 0, text }] };
    }
    context.cursor = numbered;
    return { ...changeOfAppend(numbered, text) };
  }
  if (code === TUPLE.text_splice) {
    const splices: Plain[] = [];
    for (let i = 2; i < fields.length; i += 3) {
      const [changed_offset, removed, text] = fields.slice(i, i + 3);
      splices.push({ changed_offset, removed, text });
      grow(numbered, lengthOf(text) - (typeof removed === "number" ? removed : 0));
    }
    return { type: "text_splice", part, splices };
  }
  if (code === TUPLE.json_patch) {
    const operations = fields.slice(2).map((operation) => operationOf(context, operation));
    numbered.tip = tipAfter(operations.at(-1));
    return { type: "json_patch", part, operations };
  }
  if (code === TUPLE.bytes_patch) {
    const [, , trimmed, appended, base, skipped] = fields;
    return {
      type: "bytes_patch",
      part,
      trimmed,
      appended,
      base: given(base),
      skipped: given(skipped),
    };
  }
  context.release(numbered);
  return { type: "part_removed", part };
}

function changeOf(context: CodecContext, code: unknown, fields: readonly unknown[]): Plain {
  const [, id] = fields;
  switch (code) {
    case TUPLE.message_added:
      release(context, id);
      return { type: "message_added", ...messageOf(context, fields.slice(1, 10), true) };
    case TUPLE.message_completed: {
      const [, , status, error, ...digests] = tuple(fields, 4, "a completion");
      const change = {
        type: "message_completed",
        id,
        status: named(STATUSES, status, "status"),
        error: errorOf(error),
        digests: digests.map((digest) => {
          const [part, length, crc32] = tuple(digest, 3, "a digest");
          return { part: typeof part === "string" ? part : context.at(part).part, length, crc32 };
        }),
      };
      release(context, id);
      return change;
    }
    case TUPLE.message_removed:
      release(context, id);
      return { type: "message_removed", id };
    case TUPLE.channel_patch: {
      const attributes = fields.slice(1).map((operation) => operationOf(context, operation));
      return { type: "channel_patch", attributes };
    }
    case TUPLE.channel_closed:
      return { type: "channel_closed", ...closureOf(fields.slice(1)) };
    default:
      throw malformed(`${brief(code)} is not the code of a change`);
  }
}

/** The end of a channel. */
export function closureOf(value: unknown): Plain | undefined {
  if (given(value) === undefined) return undefined;
  const [reason, error] = tuple(value, 0, "the end of a channel");
  return { reason: given(reason), error: errorOf(error) };
}

/** The tuples that a statement of the context says; none where it says nothing. */
export function recentOf(value: unknown): Uint8Array {
  if (given(value) === undefined) return new Uint8Array();
  if (value instanceof Uint8Array && value.length <= DICTIONARY.recent) return value;
  throw malformed(`expected at most ${DICTIONARY.recent} bytes of recent bytes`);
}
