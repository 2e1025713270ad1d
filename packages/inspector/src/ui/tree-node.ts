/** What happened to a thing in the step that is shown. */
export type Mark = "added" | "changed" | "removed";

/** A stretch of a text. */
export interface Segment {
  readonly text: string;
  readonly mark?: "added" | "removed" | "fold";
}

/** A line of a {@link TreeView}. */
export interface TreeNode {
  /** A field's name or an index; empty for a line that only goes on. */
  readonly name: string;
  /** The value on one line. */
  readonly value?: string;
  /** How the value is coloured. @default "plain" */
  readonly tone?: "text" | "number" | "word" | "plain";
  readonly mark?: Mark;
  /** What stands below it once it is opened; asked for then. */
  readonly children?: () => readonly TreeNode[];
  /** Whether it stands open before anybody has opened or closed it. */
  readonly isOpen?: boolean;
  /** Text in the place of a value, with its line breaks. */
  readonly block?: readonly Segment[];
  /** Lines that take its place once it is chosen: the rest of a long list. */
  readonly more?: () => readonly TreeNode[];
}

/** Lines of a list that are shown at once. */
const PAGE = 100;

/** Lines of a long list, a page at a time. */
export function paged<Item>(
  items: readonly Item[],
  nodeOf: (item: Item, at: number) => TreeNode,
  from = 0,
): readonly TreeNode[] {
  const end = Math.min(items.length, from + PAGE);
  const nodes = items.slice(from, end).map((item, i) => nodeOf(item, from + i));
  if (end === items.length) return nodes;
  const value = `${items.length - end} more`;
  return [...nodes, { name: "", value, tone: "word", more: () => paged(items, nodeOf, end) }];
}
