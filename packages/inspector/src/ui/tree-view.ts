import { activeBeside, element, setAttribute } from "./element.js";
import type { TreeNode } from "./tree-node.js";

/** A line on screen. */
interface Line {
  readonly node: TreeNode;
  readonly level: number;
  /** The names that lead to it: what was opened stays open in the next thing that is shown. */
  readonly path: string;
  readonly target: HTMLElement;
  isOpen: boolean;
}

/** Lines that are opened of themselves, at most, in one thing that is shown. */
const MAX_OPENED = 400;

/** A tree whose lines are made when they are opened. The tree pattern of WAI-ARIA: arrow keys. */
export class TreeView {
  readonly target: HTMLElement;
  readonly #lines: Line[] = [];
  /** What was opened or closed by hand. */
  readonly #chosen = new Map<string, boolean>();
  #opened = 0;

  constructor(label: string) {
    this.target = element("div", {
      role: "tree",
      class: "tree",
      "aria-label": label,
      keydown: (event) => this.#press(event as KeyboardEvent), // as its name says
      click: (event) => this.#click(event),
    });
  }

  /** Shows other lines. */
  show(nodes: readonly TreeNode[]): void {
    const focused = this.#indexOfFocus();
    const path = this.#lines[focused]?.path;
    this.#lines.length = 0;
    this.#opened = 0;
    this.target.replaceChildren();
    this.#insert(0, nodes, 1, "");
    const first = this.#lines[0];
    if (!first) return;
    first.target.tabIndex = 0;
    if (focused < 0) return;
    const again = this.#lines.findIndex((line) => line.path === path);
    this.#focus(Math.max(0, again));
  }

  /** Puts lines before the one at an index, those that are open with theirs. */
  #insert(at: number, nodes: readonly TreeNode[], level: number, parent: string): number {
    const before = this.#lines[at]?.target ?? null;
    const made = document.createDocumentFragment();
    const lines: Line[] = [];
    this.#make(nodes, level, parent, lines);
    for (const { target } of lines) made.append(target);
    this.target.insertBefore(made, before);
    this.#lines.splice(at, 0, ...lines);
    return lines.length;
  }

  #make(nodes: readonly TreeNode[], level: number, parent: string, lines: Line[]): void {
    for (const [i, node] of nodes.entries()) {
      const path = `${parent}/${node.name || i}`;
      const isWanted = this.#chosen.get(path) ?? (node.isOpen && this.#opened < MAX_OPENED);
      const isOpen = node.children !== undefined && isWanted === true;
      lines.push({ node, level, path, isOpen, target: lineOf(node, level, isOpen) });
      if (!isOpen) continue;
      this.#opened += 1;
      this.#make(node.children?.() ?? [], level + 1, path, lines);
    }
  }

  #toggle(at: number, isOpen: boolean): void {
    const line = this.#lines[at];
    if (!line?.node.children || line.isOpen === isOpen) return;
    line.isOpen = isOpen;
    this.#chosen.set(line.path, isOpen);
    setAttribute(line.target, "aria-expanded", String(isOpen));
    if (isOpen) {
      this.#opened = 0;
      this.#insert(at + 1, line.node.children(), line.level + 1, line.path);
      return;
    }
    let end = at + 1;
    while ((this.#lines[end]?.level ?? 0) > line.level) end += 1;
    for (const { target } of this.#lines.splice(at + 1, end - at - 1)) target.remove();
  }

  /** Opens or closes a line, or shows the rest of its list. */
  #choose(at: number): void {
    const line = this.#lines[at];
    if (!line?.node.more) {
      this.#toggle(at, !line?.isOpen);
      return;
    }
    this.#insert(at + 1, line.node.more(), line.level, line.path);
    this.#lines.splice(at, 1);
    line.target.remove();
    this.#focus(at);
  }

  #click(event: Event): void {
    if (!(event.target instanceof Element)) return;
    const chosen = event.target.closest("[role=treeitem]");
    const at = this.#lines.findIndex(({ target }) => target === chosen);
    if (at < 0) return;
    this.#focus(at);
    const isSelecting = event.target.closest(".block") !== null;
    if (!isSelecting) this.#choose(at);
  }

  #press(event: KeyboardEvent): void {
    const at = this.#indexOfFocus();
    const line = this.#lines[at];
    if (!line || event.altKey || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    if (key === "ArrowDown") this.#focus(at + 1);
    else if (key === "ArrowUp") this.#focus(at - 1);
    else if (key === "Home") this.#focus(0);
    else if (key === "End") this.#focus(this.#lines.length - 1);
    else if (key === "Enter" || key === " ") this.#choose(at);
    else if (key === "ArrowRight" && line.isOpen) this.#focus(at + 1);
    else if (key === "ArrowRight") this.#toggle(at, true);
    else if (key === "ArrowLeft" && line.isOpen) this.#toggle(at, false);
    else if (key === "ArrowLeft") this.#focus(this.#parentOf(at));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #parentOf(at: number): number {
    const level = this.#lines[at]?.level ?? 0;
    for (let i = at - 1; i >= 0; i--) if ((this.#lines[i]?.level ?? 0) < level) return i;
    return at;
  }

  #indexOfFocus(): number {
    const active = activeBeside(this.target);
    return this.#lines.findIndex(({ target }) => target === active);
  }

  #focus(at: number): void {
    const line = this.#lines[at];
    if (!line) return;
    for (const { target } of this.#lines) if (target.tabIndex === 0) target.tabIndex = -1;
    line.target.tabIndex = 0;
    line.target.focus({ preventScroll: true });
    line.target.scrollIntoView({ block: "nearest" });
  }
}

function lineOf(node: TreeNode, level: number, isOpen: boolean): HTMLElement {
  const { name, value, tone = "plain", mark, block, more, children } = node;
  const line = element("div", {
    role: "treeitem",
    tabindex: -1,
    class: mark ? `line ${mark}` : "line",
    "aria-level": level,
    "aria-expanded": children && String(isOpen),
  });
  line.style.setProperty("--level", String(level - 1)); // a rule of the policy for attributes only
  if (mark) line.append(element("span", { class: "unseen" }, `${mark}: `));
  if (name !== "") line.append(element("span", { class: "name" }, name));
  if (value !== undefined) {
    const kind = more ? "more" : tone;
    line.append(element("span", { class: `value ${kind}` }, value));
  }
  if (block) line.append(blockOf(block));
  return line;
}

function blockOf(segments: NonNullable<TreeNode["block"]>): HTMLElement {
  const block = element("div", { class: "block" });
  for (const { text, mark } of segments) {
    if (mark === undefined) block.append(text);
    else if (mark === "added") block.append(element("ins", {}, text));
    else if (mark === "removed") block.append(element("del", {}, text));
    else block.append(element("span", { class: "fold" }, text));
  }
  return block;
}
