/** What blocks state for others, and want of them: `[label]: url` and `[^label]: a note`. */
import type { fromMarkdown } from "mdast-util-from-markdown";

/** A block of Markdown, or part of one. */
export type Node = ReturnType<typeof fromMarkdown>["children"][number];

/** Whether a block is made of blocks, as the whole text is. */
export function isContainer(node: Node): node is Extract<Node, { children: Node[] }> {
  return ["blockquote", "list", "listItem", "footnoteDefinition"].includes(node.type);
}

/** As Markdown compares labels: without regard to case and spaces. */
const keyOf = (label: string): string =>
  label.replace(/\s+/g, " ").trim().toLowerCase().toUpperCase().toLowerCase();

/**
 * The labels that a block may refer to: everything in brackets, so a few too many, never one too
 * few. Which of them are links says the parser, once it knows what is defined.
 */
export function labelsOf(source: string): ReadonlySet<string> {
  const labels = new Set<string>();
  for (const [, label = ""] of source.matchAll(/\[(?=((?:[^\\[\]]|\\.){1,999})\])/gs)) {
    labels.add(keyOf(label));
  }
  return labels;
}

/** What blocks define, by label: Markdown that says the same on a line of its own. */
export type Definitions = ReadonlyMap<string, string>;

/** What blocks define, at any depth; of two definitions of a label the first is good. */
export function definitionsIn(blocks: readonly Node[]): Definitions {
  const found = new Map<string, string>();
  visit(blocks);
  return found;

  function visit(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.type === "definition") {
        const title = node.title ? ` "${escaped(node.title)}"` : "";
        add(node.identifier, `[${node.identifier}]: <${escaped(node.url)}>${title}\n`);
      } else if (node.type === "footnoteDefinition") {
        add(`^${node.identifier}`, `[^${node.identifier}]:\n\n`);
      }
      if (isContainer(node)) visit(node.children);
    }
  }

  function add(label: string, text: string): void {
    const key = keyOf(label);
    if (!found.has(key)) found.set(key, text);
  }
}

/** The definition of a character that nobody writes: ends a note, whatever comes after. */
const END = "[\uE000]: <>\n\n";

/**
 * What stands before a block when it is parsed alone: those definitions of other blocks that it
 * may refer to. Of a note only the label: without a text it renders nothing.
 *
 * @param own what the block defines itself
 */
export function preamble(
  labels: ReadonlySet<string>,
  own: Definitions,
  defined: Definitions,
): string {
  let notes = "";
  let links = "";
  for (const label of labels) {
    const text = defined.get(label);
    if (text === undefined || text === own.get(label)) continue;
    if (text.startsWith("[^")) notes += text;
    else links += text;
  }
  return notes === "" && links === "" ? "" : notes + links + END;
}

const escaped = (text: string): string =>
  text.replace(/[\\<>&"\r\n]/g, (unit) => `&#${unit.charCodeAt(0)};`);
