import type {
  Change,
  JsonObject,
  JsonOperation,
  JsonValue,
  MessageSnapshot,
  PartChange,
  PartContent,
  SnapshotFrame,
  Splice,
} from "@deltawire/spec";
import { unreachable } from "@deltawire/spec";
import jsonpatch from "fast-json-patch";

// The reducer once more, as plainly as it can be written: strings, arrays and copies of everything,
// and fast-json-patch for RFC 6902. Knows legal changes only.

/** A channel as a snapshot states it. */
export type Model = Pick<SnapshotFrame, "messages" | "attributes" | "closed">;

/** Splices, each applied to what the later ones left. */
export function spliced(text: string, splices: readonly Splice[]): string {
  return splices.reduceRight((before, { changed_offset: at, removed, text: inserted }) => {
    return before.slice(0, at) + inserted + before.slice(at + removed);
  }, text);
}

/** Leaves out what a part states by its absence. */
function stated(part: PartContent): PartContent {
  if (part.kind !== "bytes") return part;
  const { start = 0, base, ...rest } = part;
  return { ...rest, ...(start > 0 && { start }), ...(base && base.length > 0 && { base }) };
}

/** RFC 6902 by fast-json-patch; a splice is a replacement of the string by what it makes of it. */
export function operated(value: JsonValue, operations: readonly JsonOperation[]): JsonValue {
  return operations.reduce<JsonValue>((before, operation) => {
    const copy = jsonpatch.deepClone(before) as JsonValue;
    if (operation.op !== "splice") {
      const [clone] = jsonpatch.deepClone([operation]);
      return jsonpatch.applyOperation(copy, clone, true).newDocument;
    }
    const old = jsonpatch.getValueByPointer(copy, operation.path) as string;
    const replace = {
      op: "replace" as const,
      path: operation.path,
      value: spliced(old, [operation]),
    };
    return jsonpatch.applyOperation(copy, replace, true).newDocument;
  }, value);
}

function patched(part: PartContent, change: PartChange): PartContent {
  if (change.type === "text_splice" && part.kind === "text") {
    return { ...part, text: spliced(part.text, change.splices) };
  }
  if (change.type === "json_patch" && part.kind === "json") {
    return { ...part, value: operated(part.value, change.operations) };
  }
  if (change.type === "bytes_patch" && part.kind === "bytes") {
    const { trimmed, appended, skipped = 0, base = part.base } = change;
    const grown = skipped > 0 ? [...appended] : [...part.bytes, ...appended].slice(trimmed);
    const start = (part.start ?? 0) + trimmed + skipped;
    return stated({ ...part, bytes: Uint8Array.from(grown), start, ...(base && { base }) });
  }
  throw new TypeError(`${change.type} on ${part.kind}`);
}

function changedParts(parts: readonly PartContent[], change: PartChange): readonly PartContent[] {
  if (change.type === "part_removed") return parts.filter(({ id }) => id !== change.part);
  if (change.type !== "part_inserted") {
    return parts.map((part) => (part.id === change.part ? patched(part, change) : part));
  }
  const at = parts.findIndex(({ id }) => id === change.before);
  const index = at < 0 ? parts.length : at;
  return [...parts.slice(0, index), stated(change.content), ...parts.slice(index)];
}

/** Leaves empty attributes out, as snapshots do. */
function withAttributes<T extends object>(holder: T, attributes: JsonObject | undefined): T {
  const { attributes: _, ...rest } = { attributes, ...holder };
  const some = attributes !== undefined && Object.keys(attributes).length > 0;
  return (some ? { ...rest, attributes } : rest) as T;
}

function edited<T extends { readonly attributes?: JsonObject }>(
  holder: T,
  operations: readonly JsonOperation[] | undefined,
): T {
  if (!operations) return holder;
  return withAttributes(holder, operated(holder.attributes ?? {}, operations) as JsonObject);
}

/** The model after a change. */
export function reduced(model: Model, change: Change): Model {
  const update = (id: string, by: (message: MessageSnapshot) => MessageSnapshot): Model => ({
    ...model,
    messages: model.messages.map((message) => (message.id === id ? by(message) : message)),
  });
  switch (change.type) {
    case "message_added": {
      const { type, ...given } = change;
      const head = { ...given, parts: given.parts.map(stated) };
      const added = withAttributes({ status: "streaming" as const, ...head }, head.attributes);
      return model.messages.some(({ id }) => id === change.id)
        ? update(change.id, () => added)
        : { ...model, messages: [...model.messages, added] };
    }
    case "message_patch":
      return update(change.id, (message) => {
        const { parts = [], attributes, status, origin } = change;
        return {
          ...edited(message, attributes),
          parts: parts.reduce(changedParts, message.parts),
          ...(status && { status }),
          ...(origin !== undefined && { origin }),
        };
      });
    case "message_completed":
      return update(change.id, (message) => {
        if (message.status !== "streaming" && message.status !== "interrupted") return message;
        const { status, error } = change;
        return { ...message, status, ...(error && { error }) };
      });
    case "message_removed":
      return { ...model, messages: model.messages.filter(({ id }) => id !== change.id) };
    case "channel_patch":
      return edited(model, change.attributes);
    case "channel_closed": {
      const { type, ...closed } = change;
      return { ...model, closed };
    }
    default:
      return unreachable(change);
  }
}
