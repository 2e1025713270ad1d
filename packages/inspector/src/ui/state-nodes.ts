import type { BytesPart, ChannelState, Message, Part, Text } from "@deltawire/protocol";
import { diffJson, diffText } from "@deltawire/protocol/differences";
import { digestOf, textChanges } from "@deltawire/protocol/state";
import type { JsonValue } from "@deltawire/spec";
import { countOf, plural } from "./format.js";
import { textSegments } from "./text-segments.js";
import { type Mark, paged, type TreeNode } from "./tree-node.js";
import { bytesNode, textBlocks, valueNode } from "./value-nodes.js";

/** Units of a text's end that stand on its line: it grows there. */
const TAIL = 60;
/** Messages of a state that stand open of themselves: the last ones, and those that changed. */
const OPEN_MESSAGES = 2;

/** A thing before a step and after it: undefined where it was not there, or is not any more. */
interface Step<Thing> {
  readonly before: Thing | undefined;
  readonly after: Thing | undefined;
}

/**
 * The lines of a channel's state after a step, what changed in it marked. What did not change is the
 * same object in both: comparing costs what changed.
 *
 * @param before undefined where there is nothing to compare with: nothing is marked then
 */
export function stateNodes(
  before: ChannelState | undefined,
  after: ChannelState,
): readonly TreeNode[] {
  const isFirst = before === undefined || before.epoch !== after.epoch;
  const old = isFirst ? undefined : before;
  const nodes: TreeNode[] = [{ name: "seq", value: String(after.seq), tone: "number" }];
  nodes.push({ name: "epoch", value: after.epoch, tone: "word" });
  if (after.earlier > 0) nodes.push(valueNode("earlier", after.earlier));
  if (after.closed) nodes.push({ ...valueNode("closed", after.closed), ...marked(old, "added") });
  nodes.push(jsonNode("attributes", { before: old?.attributes, after: after.attributes }, !old));
  const steps = messageSteps(old, after);
  const first = steps.length - OPEN_MESSAGES;
  nodes.push({
    name: "messages",
    value: `[${countOf(after.messages.length)}]`,
    isOpen: true,
    children: () => lastPage(steps, (step, i) => messageNode(step, !old, i >= first)),
  });
  return nodes;
}

const marked = (old: unknown, mark: Mark): { mark?: Mark } => (old === undefined ? {} : { mark });

function markOf<Thing>(
  { before, after }: Step<Thing>,
  isFirst: boolean,
  isSame: (before: Thing, after: Thing) => boolean,
): { mark?: Mark } {
  if (isFirst || before === after) return {};
  if (before === undefined) return { mark: "added" };
  if (after === undefined) return { mark: "removed" };
  return isSame(before, after) ? {} : { mark: "changed" };
}

/** A snapshot makes every object anew: then the content tells. */
function isSameMessage(before: Message, after: Message): boolean {
  const { id, role, kind, generation, origin, status, attributes, parts } = after;
  if (before.role !== role || before.kind !== kind || before.generation !== generation)
    return false;
  if (before.origin !== origin || before.status !== status || before.id !== id) return false;
  if (before.parts.length !== parts.length || !isSameValue(before.attributes, attributes))
    return false;
  return parts.every((part, i) => {
    const old = before.parts[i];
    return old !== undefined && isSamePart(old, part);
  });
}

function isSamePart(before: Part, after: Part): boolean {
  if (before === after) return true;
  if (before.id !== after.id || before.size !== after.size) return false;
  if (before.kind === "json" && after.kind === "json")
    return isSameValue(before.value, after.value);
  if (before.kind !== after.kind) return false;
  return digestOf(before)?.crc32 === digestOf(after)?.crc32;
}

function isSameValue(before: JsonValue, after: JsonValue): boolean {
  return before === after || diffJson(before, after).length === 0;
}

/** Messages of both states, in the order of the later one; those that are gone stand first. */
function messageSteps(old: ChannelState | undefined, after: ChannelState): Step<Message>[] {
  const gone = (old?.messages ?? []).filter(({ id }) => !after.message(id));
  return [
    ...gone.map((before) => ({ before, after: undefined })),
    ...after.messages.map((message) => ({ before: old?.message(message.id), after: message })),
  ];
}

/** The last messages, and before them those that changed; the others can be asked for. */
function lastPage(
  steps: readonly Step<Message>[],
  nodeOf: (step: Step<Message>, at: number) => TreeNode,
): readonly TreeNode[] {
  const PAGE = 50;
  const start = Math.max(0, steps.length - PAGE);
  const changed: TreeNode[] = [];
  const quiet: Step<Message>[] = [];
  for (const step of steps.slice(0, start)) {
    if (step.before === step.after || !step.before) quiet.push(step);
    else if (changed.length < PAGE) changed.push(nodeOf(step, 0));
  }
  const more = quiet.length > 0 && {
    name: "",
    value: `${countOf(quiet.length)} more before`,
    tone: "word" as const,
    more: () => paged(quiet, (step) => nodeOf(step, 0)),
  };
  const last = steps.slice(start).map((step, i) => nodeOf(step, start + i));
  return [...(more ? [more] : []), ...changed, ...last];
}

function messageNode(step: Step<Message>, isFirst: boolean, isLast: boolean): TreeNode {
  const message = step.after ?? step.before;
  if (!message) return { name: "" };
  const { id, role, status } = message;
  const mark = markOf(step, isFirst, isSameMessage);
  return {
    name: id,
    value: `${role}, ${status}, ${plural(message.parts.length, "part")}`,
    tone: "word",
    ...mark,
    isOpen: mark.mark === undefined ? isLast && isFirst : mark.mark !== "removed",
    children: () => messageFields(step, message, isFirst),
  };
}

function messageFields(step: Step<Message>, message: Message, isFirst: boolean): TreeNode[] {
  const { before, after } = step;
  const isNew = isFirst || !before || !after;
  const nodes: TreeNode[] = [];
  for (const name of ["role", "kind", "generation", "origin", "status"] as const) {
    const value = message[name];
    if (value === undefined) continue;
    const isChanged = !isNew && before?.[name] !== value;
    const node = { name, value: String(value), tone: "word" as const };
    if (!isChanged) nodes.push(node);
    else nodes.push({ ...node, value: `${String(before?.[name])} → ${value}`, mark: "changed" });
  }
  if (message.error) nodes.push(valueNode("error", message.error, true));
  const attributes = { before: before?.attributes, after: message.attributes };
  if (Object.keys(message.attributes).length > 0 || (before && !isNew)) {
    nodes.push(jsonNode("attributes", attributes, isNew));
  }
  for (const part of before?.parts ?? []) {
    if (after && !after.part(part.id)) {
      nodes.push(partNode({ before: part, after: undefined }, isFirst));
    }
  }
  for (const part of message.parts) {
    nodes.push(partNode({ before: before?.part(part.id), after: part }, isNew));
  }
  return nodes;
}

function partNode(step: Step<Part>, isFirst: boolean): TreeNode {
  const { before } = step;
  const part = step.after ?? before;
  if (!part) return { name: "" };
  const mark = markOf(step, isFirst, isSamePart);
  const isOpen = mark.mark === "changed" || mark.mark === "added";
  switch (part.kind) {
    case "text": {
      const { content } = part;
      const start = Math.max(0, content.length - TAIL);
      const tail = JSON.stringify(content.slice(start, content.length));
      const text = start > 0 ? `“…${tail.slice(1, -1)}”` : tail;
      const value = `${text} ${plural(content.length, "unit")}`;
      const old = before?.kind === "text" ? before.content : undefined;
      const children = () => textLines(old, content, mark.mark === "changed");
      return { name: part.id, value, tone: "text", ...mark, isOpen, children };
    }
    case "json": {
      const old = before?.kind === "json" ? before.value : undefined;
      return { ...jsonNode(part.id, { before: old, after: part.value }, isFirst), ...mark };
    }
    case "bytes":
      return { ...bytesPartNode(part), ...mark };
    default:
      return { name: "" };
  }
}

/** The bytes; what stands for those before them is below, where there is anything. */
function bytesPartNode({ id, bytes, start, base }: BytesPart): TreeNode {
  if (start === 0 && base.length === 0) return bytesNode(id, bytes);
  const value = `${plural(bytes.length, "byte")} after ${countOf(start)}`;
  const children = () => [bytesNode("base", base), bytesNode("bytes", bytes)];
  return { name: id, value, tone: "number", children };
}

function textLines(before: Text | undefined, after: Text, isChanged: boolean): readonly TreeNode[] {
  const whole = () => textBlocks(after.toString());
  if (!isChanged || !before) return whole();
  const block = textSegments(before, textChanges(before, after));
  return [
    { name: "", block },
    { name: "", value: "the whole text", tone: "word", more: whole },
  ];
}

/** A JSON value: what differs in it is marked and open, down to the value that changed. */
function jsonNode(name: string, step: Step<JsonValue>, isFirst: boolean): TreeNode {
  const { before, after } = step;
  const mark = markOf(step, isFirst, isSameValue);
  if (after === undefined) return { ...valueNode(name, before), ...mark };
  if (mark.mark === undefined) return valueNode(name, after);
  if (mark.mark === "added") return { ...valueNode(name, after, true), ...mark };
  const isBranch = typeof after === "object" && after !== null;
  const wasBranch = typeof before === "object" && before !== null;
  if (isBranch && wasBranch && Array.isArray(after) === Array.isArray(before)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const at = (value: object, key: string): JsonValue | undefined =>
      Object.hasOwn(value, key) ? (value as Record<string, JsonValue>)[key] : undefined; // a JSON value's
    const children = () =>
      paged(keys, (key) =>
        jsonNode(key, { before: at(before, key), after: at(after, key) }, false),
      );
    return { ...valueNode(name, after), ...mark, isOpen: true, children };
  }
  if (typeof after === "string" && typeof before === "string") {
    const block = textSegments(before, diffText(before, after));
    return { name, ...mark, block };
  }
  const old = valueNode(name, before).value ?? "";
  const now = valueNode(name, after);
  return { ...now, ...mark, value: `${old} → ${now.value ?? ""}` };
}
