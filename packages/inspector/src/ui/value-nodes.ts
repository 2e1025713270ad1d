import { countOf, plural } from "./format.js";
import { hexOf } from "./hex.js";
import { paged, type TreeNode } from "./tree-node.js";

/** Units of a string that are shown on its line. */
const SHORT = 80;
/** Units of a long text, and bytes of a long value, that are shown at once. */
const TEXT_PAGE = 4096;
const BYTES_PAGE = 1024;

/** The line of a field, whatever its value is; objects, lists and long text can be opened. */
export function valueNode(name: string, value: unknown, isOpen = false): TreeNode {
  if (typeof value === "string") return textNode(name, value);
  if (typeof value === "number") return { name, value: String(value), tone: "number" };
  if (value instanceof Uint8Array) return bytesNode(name, value);
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (list.length === 0) return { name, value: "[]" };
    const children = () => paged(list, (item, i) => valueNode(String(i), item, list.length <= 8));
    return { name, value: `[${countOf(list.length)}]`, children, isOpen };
  }
  if (typeof value === "object" && value !== null) {
    const fields = fieldsOf(value);
    if (fields.length === 0) return { name, value: "{}" };
    const children = () => paged(fields, ([key, each]) => valueNode(key, each, fields.length <= 8));
    return { name, value: previewOf(fields), children, isOpen };
  }
  return { name, value: String(value), tone: "word" };
}

function fieldsOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, each]) => each !== undefined);
}

/** The lines of an object's fields. */
export function fieldNodes(value: object): readonly TreeNode[] {
  const fields = fieldsOf(value);
  return paged(fields, ([key, each]) => valueNode(key, each, true));
}

/** What tells an object from others, on one line: its short values. */
function previewOf(fields: readonly (readonly [string, unknown])[]): string {
  const words: string[] = [];
  for (const [key, value] of fields) {
    const isShort = typeof value === "string" ? value.length <= 24 : typeof value !== "object";
    if (isShort) words.push(`${key}: ${String(value)}`);
    if (words.length === 3) break;
  }
  const rest = fields.length > words.length ? ", …" : "";
  return words.length === 0
    ? `{${plural(fields.length, "field")}}`
    : `{ ${words.join(", ")}${rest} }`;
}

function textNode(name: string, text: string): TreeNode {
  if (text.length <= SHORT && !text.includes("\n")) {
    return { name, value: JSON.stringify(text), tone: "text" };
  }
  const head = JSON.stringify(text.slice(0, SHORT - 20)).slice(0, -1);
  const value = `${head}… ${plural(text.length, "unit")}`;
  return { name, value, tone: "text", children: () => textBlocks(text) };
}

/** A long text, a page at a time. */
export function textBlocks(text: string, from = 0): readonly TreeNode[] {
  const end = Math.min(text.length, from + TEXT_PAGE);
  const shown: TreeNode = { name: "", block: [{ text: text.slice(from, end) }] };
  if (end === text.length) return [shown];
  const value = `${plural(text.length - end, "unit")} more`;
  return [shown, { name: "", value, tone: "word", more: () => textBlocks(text, end) }];
}

/** Bytes, with their hex shown once it is opened. */
export function bytesNode(name: string, bytes: Uint8Array): TreeNode {
  const value = plural(bytes.length, "byte");
  if (bytes.length === 0) return { name, value, tone: "number" };
  return { name, value, tone: "number", children: () => bytesBlocks(bytes, 8) };
}

/** Bytes as hex and ASCII, a page at a time. */
export function bytesBlocks(bytes: Uint8Array, width = 16, from = 0): readonly TreeNode[] {
  const end = Math.min(bytes.length, from + BYTES_PAGE);
  const shown: TreeNode = {
    name: "",
    block: [{ text: hexOf(bytes, { start: from, end, width }) }],
  };
  if (end === bytes.length) return [shown];
  const value = `${plural(bytes.length - end, "byte")} more`;
  return [shown, { name: "", value, tone: "word", more: () => bytesBlocks(bytes, width, end) }];
}
