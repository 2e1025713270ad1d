import {
  type ChannelState,
  Text as Content,
  Message,
  textChanges,
} from "@deltawire/protocol/state";
import type { ReadChannel } from "./read-channel.js";
import { TextBlocks } from "./text-blocks.js";
import { TextEdits } from "./text-edits.js";
import { TextNode } from "./text-node.js";
import type { TextTarget } from "./text-target.js";

/** What {@link bindText} needs of a channel. Without `observe`, it compares texts in its place. */
type BoundChannel = Pick<ReadChannel, "state" | "subscribe"> &
  Partial<Pick<ReadChannel, "observe">>;

/** What {@link bindText} shows. */
export interface BindTextOptions {
  /** Id of a text part. @default "text" */
  readonly part?: string;
}

/**
 * Shows the text of a message, and what becomes of it: at most once an animation frame, and only
 * what has changed is touched, so that a selection and a scroll position stay. While there is no such
 * message or part, it shows nothing.
 *
 * A `Text` node is edited in place (`CharacterData.replaceData` counts in UTF-16 units, as the
 * protocol does). But a browser lays out again all of a block that has changed: where a text grows
 * long, give an element. It is filled with blocks (`div`) of whole lines, some 4,000 units each, so
 * that an update costs as much in a long text as in a short one. Style it with `white-space: pre-wrap`:
 * it reads, selects and copies as one text then. A line without an end is one block however long.
 *
 * What is in the node or element belongs to the binding, until it is stopped: it does not look whether
 * others write there, and puts right what it stumbles upon.
 *
 * @returns what stops it; what is shown stays
 */
export function bindText(
  target: Text | Element,
  channel: BoundChannel,
  message: string,
  { part = Message.defaultPart }: BindTextOptions = {},
): () => void {
  const shown: TextTarget = "replaceData" in target ? new TextNode(target) : new TextBlocks(target);
  const edits = new TextEdits(message, part);
  let content = Content.empty;
  function show(): void {
    const next = contentOf(channel.state, message, part);
    const known = unobserve && edits.take(content.length, next.length);
    if (next === content && shown.length === next.length) return;
    // Later ones first: the offsets of those before them stay good.
    const isShown =
      shown.length === content.length &&
      [...(known ?? textChanges(content, next))]
        .reverse()
        .every(({ changed_offset, removed, text }) => shown.splice(changed_offset, removed, text));
    if (!isShown) shown.replace([...next.pieces()].join(""));
    content = next;
  }
  const unobserve = channel.observe?.((changes) => edits.add(changes));
  const stop = channel.subscribe(show);
  show();
  return () => {
    unobserve?.();
    stop();
  };
}

function contentOf(state: ChannelState, message: string, part: string): Content {
  const found = state.message(message)?.part(part);
  return found?.kind === "text" ? found.content : Content.empty;
}
