import { bindText, type ChannelState } from "@deltawire/client";
import { apply, ChannelState as State } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";

/** Replaces units, which are taken modulo what is there and moved out of surrogate pairs. */
export interface Edit {
  readonly at: number;
  readonly removed: number;
  readonly text: string;
}

/** A channel without a server: what it tells is what a test says. */
class Channel {
  state: ChannelState = State.of("e");
  readonly listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(...changes: Change[]): void {
    const { seq } = this.state;
    const frame = { type: "changes", channel: "c", from: seq, to: seq + 1, changes } as const;
    this.state = apply(this.state, frame);
  }

  /** What an animation frame does. */
  tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

const channel = new Channel();

/** What the tests call. */
const lab = {
  channel,
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
  },

  text: (): string => channel.state.message("m")?.text ?? "",
  shown: (): string => lab.target.textContent ?? "",
};

function boundary(text: string, offset: number): number {
  const isInside = /[\uDC00-\uDFFF]/.test(text[offset] ?? "") && offset > 0;
  return isInside ? offset - 1 : offset;
}

/** What {@link lab} is to who calls it from outside of the page. */
export type Lab = typeof lab;

Object.assign(window, { lab });
