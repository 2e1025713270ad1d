import {
  type Change,
  type JsonOperation,
  type PartChange,
  type Splice,
  unreachable,
} from "@deltawire/spec";
import { countOf, plural } from "./format.js";
import { type Mark, paged, type TreeNode } from "./tree-node.js";
import { bytesNode, fieldNodes, valueNode } from "./value-nodes.js";

/** The lines of what changed in a step, each in the protocol's words. */
export function changeNodes(changes: readonly Change[]): readonly TreeNode[] {
  return paged(changes, changeNode);
}

function changeNode(change: Change): TreeNode {
  const { type } = change;
  switch (type) {
    case "message_added": {
      const { type: _type, ...content } = change;
      const end = change.status ? `, ${change.status}` : "";
      const value = `${change.id}, ${change.role}, generation ${change.generation}${end}`;
      return { name: type, value, mark: "added", children: () => fieldNodes(content) };
    }
    case "message_patch": {
      const { id, parts = [], attributes = [], status, origin } = change;
      const children = (): readonly TreeNode[] => [
        ...parts.map(partNode),
        ...attributes.map((operation) => operationNode(operation, "attributes")),
        ...(status ? [valueNode("status", status)] : []),
        ...(origin === undefined ? [] : [valueNode("origin", origin)]),
      ];
      return { name: type, value: id, mark: "changed", children, isOpen: true };
    }
    case "message_completed": {
      const value = `${change.id}, ${change.status}`;
      const children = () => fieldNodes({ error: change.error, digests: change.digests });
      return { name: type, value, mark: "changed", children };
    }
    case "message_removed":
      return { name: type, value: change.id, mark: "removed" };
    case "channel_patch": {
      const children = () => paged(change.attributes, (each) => operationNode(each));
      return { name: type, value: "", mark: "changed", children, isOpen: true };
    }
    case "channel_closed": {
      const { reason = "", error } = change;
      const children = () => fieldNodes({ error });
      return { name: type, value: reason, mark: "changed", ...(error && { children }) };
    }
    default:
      return unreachable(change);
  }
}

function partNode(change: PartChange): TreeNode {
  switch (change.type) {
    case "text_splice": {
      const { part, splices } = change;
      const children = () => paged(splices, spliceNode);
      const value = splices.length === 1 ? part : `${part}, ${plural(splices.length, "edit")}`;
      return { name: change.type, value, mark: "changed", children, isOpen: true };
    }
    case "json_patch": {
      const children = () => paged(change.operations, (each) => operationNode(each));
      return { name: change.type, value: change.part, mark: "changed", children, isOpen: true };
    }
    case "bytes_patch": {
      const children = (): readonly TreeNode[] => [
        ...(change.trimmed > 0 ? [valueNode("trimmed", change.trimmed)] : []),
        ...(change.skipped ? [valueNode("skipped", change.skipped)] : []),
        bytesNode("appended", change.appended),
        ...(change.base ? [bytesNode("base", change.base)] : []),
      ];
      return { name: change.type, value: change.part, mark: "changed", children, isOpen: true };
    }
    case "part_inserted": {
      const { content, before } = change;
      const place = before === undefined ? "" : `, before ${before}`;
      const children = () => fieldNodes(content);
      const value = `${content.id}, ${content.kind}${place}`;
      return { name: change.type, value, mark: "added", children, isOpen: true };
    }
    case "part_removed":
      return { name: change.type, value: change.part, mark: "removed" };
    default:
      return unreachable(change);
  }
}

function spliceNode({ changed_offset, removed, text }: Splice): TreeNode {
  const gone = removed === 0 ? "" : `, ${countOf(removed)} removed`;
  const name = `at ${countOf(changed_offset)}${gone}`;
  const mark: Mark = text === "" ? "removed" : removed === 0 ? "added" : "changed";
  const isShort = text.length <= 400;
  if (isShort && text !== "") return { name, mark, block: [{ text, mark: "added" }] };
  return text === "" ? { name, mark } : { ...valueNode(name, text), mark };
}

function operationNode(operation: JsonOperation, under = ""): TreeNode {
  const path = `${under}${operation.path}` || "the whole value";
  if (operation.op === "remove") return { name: `remove ${path}`, mark: "removed" };
  if (operation.op === "splice") {
    return { ...spliceNode(operation), name: `splice ${path} at ${operation.changed_offset}` };
  }
  const mark: Mark = operation.op === "add" ? "added" : "changed";
  return { ...valueNode(`${operation.op} ${path}`, operation.value), mark };
}
