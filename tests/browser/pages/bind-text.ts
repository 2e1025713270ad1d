import { bindText, type ChannelState } from "@deltawire/client";
import { apply, ChannelState as State } from "@deltawire/protocol";
import type { Change, PartChange } from "@deltawire/spec";

/** Replaces units, which are taken modulo what is there and moved out of surrogate pairs. */
export interface Edit {
  readonly at: number;
  readonly removed: number;
  readonly text: string;
}

type ChangeObserver = (changes: readonly Change[] | undefined) => void;

/** A channel without a server: what it tells is what a test says. */
class Channel {
  state: ChannelState = State.of("e");
  readonly listeners: Set<() => void> = new Set();
  readonly observers: Set<ChangeObserver> = new Set();

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  observe(observer: ChangeObserver): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  change(...changes: Change[]): void {
    const { seq } = this.state;
    const frame = { type: "changes", channel: "c", from: seq, to: seq + 1, changes } as const;
    this.state = apply(this.state, frame);
    for (const observe of this.observers) observe(changes);
  }

  /** What an animation frame does. */
  tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

const channel = new Channel();

/** What the tests call. */
const lab = {
  channel: channel as Channel,
  stop: (): void => undefined,
  target: document.createTextNode("") as Text | Element,

  /** Begins anew, with a Text node of its own or an element. */
  bind(kind: "node" | "element", before = ""): void {
    lab.stop();
    const root = document.getElementById("root");
    if (!root) throw new Error("no root");
    root.textContent = before;
    channel.state = State.of("e");
    if (kind === "node" && !root.firstChild) root.append("");
    lab.target = kind === "node" ? (root.firstChild as Text) : root; // there is one now
    lab.stop = bindText(lab.target, channel, "m");
  },

  /** The message begins, or is stated anew. */
  add(text: string, generation = 0): void {
    const parts = [{ id: "text", kind: "text", text }] as const;
    const head = { type: "message_added", id: "m", generation, role: "assistant" } as const;
    channel.change({ ...head, parts });
  },

  splice(changed_offset: number, removed: number, text: string): void {
    const splices = [{ changed_offset, removed, text }];
    const parts = [{ type: "text_splice", part: "text", splices }] as const;
    channel.change({ type: "message_patch", id: "m", parts });
  },

  /** Edits that come within one animation frame; then it is shown. Returns what is shown. */
  edit(edits: readonly Edit[]): string {
    for (const { at, removed, text } of edits) {
      const now = lab.text();
      const start = boundary(now, at % (now.length + 1));
      const end = boundary(now, Math.min(now.length, start + removed));
      lab.splice(start, end - start, text);
    }
    channel.tell();
    return lab.shown();
  },

  /** As if the server had stated the channel whole. */
  reset(text: string): void {
    channel.state = State.of("e", { seq: channel.state.seq + 1 });
    lab.add(text);
    for (const observe of channel.observers) observe(undefined);
  },

  patch(...parts: PartChange[]): void {
    channel.change({ type: "message_patch", id: "m", parts });
  },

  /** Selects units of what is shown, like a user who has drawn from the one end to the other. */
  select(anchor: number, focus: number): void {
    const [from, to] = [place(anchor), place(focus)];
    getSelection()?.setBaseAndExtent(from.node, from.offset, to.node, to.offset);
  },

  /** What is selected, as text and as units of what is shown. */
  selected(): { text: string; anchor: number; focus: number } {
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection() as Selection; // a document has one
    const anchor = offsetOf(anchorNode, anchorOffset);
    const focus = offsetOf(focusNode, focusOffset);
    const [start, end] = anchor < focus ? [anchor, focus] : [focus, anchor];
    return { text: lab.shown().slice(start, end), anchor, focus };
  },

  /** Lengths of the nodes that hold what is shown, and whether lines are cut between them. */
  blocks(): { lengths: number[]; areWhole: boolean } {
    const nodes = textNodes();
    const areWhole = nodes.slice(0, -1).every(({ data }) => data.endsWith("\n"));
    return { lengths: nodes.map(({ length }) => length), areWhole };
  },

  /** Nodes that change while something runs, and units that are read of the document. */
  async touched(run: () => void): Promise<{ nodes: number; units: number; read: number }> {
    const touched = new Map<Node, number>();
    const observer = new MutationObserver((records) => {
      for (const { target, addedNodes } of records) {
        const now = [target, ...addedNodes].filter((node) => node instanceof Text);
        for (const node of now) touched.set(node, node.data.length);
      }
    });
    observer.observe(lab.target, { characterData: true, childList: true, subtree: true });
    const data = Object.getOwnPropertyDescriptor(CharacterData.prototype, "data");
    let read = 0;
    Object.defineProperty(CharacterData.prototype, "data", {
      ...data,
      get(this: CharacterData) {
        read += this.length;
        return data?.get?.call(this);
      },
    });
    run();
    Object.defineProperty(CharacterData.prototype, "data", { ...data });
    await Promise.resolve();
    observer.disconnect();
    const units = [...touched.values()].reduce((sum, length) => sum + length, 0);
    return { nodes: touched.size, units, read };
  },

  length(): number {
    const part = channel.state.message("m")?.part("text");
    return part?.kind === "text" ? part.content.length : 0;
  },

  append(text: string): void {
    lab.splice(lab.length(), 0, text);
  },

  text: (): string => channel.state.message("m")?.text ?? "",
  shown: (): string => lab.target.textContent ?? "",
};

function textNodes(): Text[] {
  const nodes: Text[] = [];
  const walker = document.createTreeWalker(lab.target, NodeFilter.SHOW_TEXT);
  if (lab.target instanceof Text) nodes.push(lab.target);
  while (walker.nextNode()) nodes.push(walker.currentNode as Text); // it shows nothing else
  return nodes;
}

/** The node and the offset in it of a unit of what is shown. */
function place(unit: number): { node: Text; offset: number } {
  let offset = unit;
  for (const node of textNodes()) {
    if (offset <= node.length) return { node, offset };
    offset -= node.length;
  }
  throw new Error("past the end");
}

function offsetOf(node: Node | null, offset: number): number {
  const nodes = textNodes();
  const index = nodes.indexOf(node as Text);
  if (index < 0) return Number.NaN;
  return nodes.slice(0, index).reduce((sum, { length }) => sum + length, offset);
}

function boundary(text: string, offset: number): number {
  const isInside = /[\uDC00-\uDFFF]/.test(text[offset] ?? "") && offset > 0;
  return isInside ? offset - 1 : offset;
}

/** What {@link lab} is to who calls it from outside of the page. */
export type Lab = typeof lab;

Object.assign(window, { lab });
