import { type JsonOperation, LIMITS, type MessagePatch } from "@deltawire/spec";
import type { CodecContext } from "./codec-context.js";
import { OPERATIONS, TUPLE } from "./msgpack-tuples.js";
import { grow, isWhole, operationOf, tipAfter } from "./msgpack-untuple.js";

/**
 * The patch of a tuple that splices a text, or does to a JSON part what is no container: most tuples
 * do, so it is read here, by the gate's rules. Undefined for whatever needs the gate.
 */
export function streamedPatch(context: CodecContext, tuple: unknown): MessagePatch | undefined {
  if (!Array.isArray(tuple)) return undefined;
  const fields: readonly unknown[] = tuple;
  if (fields[0] === TUPLE.text_splice) return splicedText(context, fields);
  return fields[0] === TUPLE.json_patch ? patchedJson(context, fields) : undefined;
}

function splicedText(context: CodecContext, fields: readonly unknown[]): MessagePatch | undefined {
  const [, ordinal, offset, removed, text] = fields;
  if (fields.length !== 5 || typeof text !== "string") return undefined;
  if (!isWhole(offset) || !isWhole(removed)) return undefined;
  const numbered = context.at(ordinal);
  const { message, part } = numbered;
  grow(numbered, text.length - removed);
  const splices = [{ changed_offset: offset, removed, text }];
  return { type: "message_patch", id: message, parts: [{ type: "text_splice", part, splices }] };
}

function patchedJson(context: CodecContext, fields: readonly unknown[]): MessagePatch | undefined {
  const tuples = fields.slice(2);
  if (tuples.length === 0 || tuples.length > LIMITS.max_list_length) return undefined;
  if (!tuples.every(isSimple)) return undefined;
  const numbered = context.at(fields[1]);
  const { message, part } = numbered;
  const plain = tuples.map((operation) => operationOf(context, operation));
  numbered.tip = tipAfter(plain.at(-1));
  const operations = plain as unknown as readonly JsonOperation[]; // they are simple
  return { type: "message_patch", id: message, parts: [{ type: "json_patch", part, operations }] };
}

/** Whether the gate would let an operation pass, which holds no container. */
function isSimple(operation: unknown): boolean {
  if (!Array.isArray(operation)) return false;
  const [code, name, value, removed, text]: readonly unknown[] = operation;
  if (!isPath(name)) return false;
  switch (typeof code === "number" ? OPERATIONS[code] : undefined) {
    case "splice":
      return isWhole(value) && isWhole(removed) && typeof text === "string";
    case "add":
    case "replace":
      return isScalar(value);
    case "remove":
      return true;
    default:
      return false;
  }
}

const isScalar = (value: unknown): boolean =>
  value === null ||
  typeof value === "string" ||
  typeof value === "boolean" ||
  Number.isFinite(value);

/** Whether a name is a text within the bound of paths, whatever the name is that it begins with. */
function isPath(name: unknown): boolean {
  if (typeof name === "number") return true;
  const rest: unknown = Array.isArray(name) ? name[1] : name;
  const most = LIMITS.max_path_length - (rest === name ? 0 : LIMITS.max_names_bytes);
  return typeof rest === "string" && rest.length <= most;
}
