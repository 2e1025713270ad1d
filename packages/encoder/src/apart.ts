import type { ChannelState, Message } from "@deltawire/protocol";
import type { Change, MessagePatch, PartChange } from "@deltawire/spec";

/** Changes in their order, each append to a text apart from everything else. */
export function apart(changes: readonly Change[], state: ChannelState): Change[][] {
  const frames: Change[][] = [];
  let rest: Change[] = [];
  const end = () => {
    if (rest.length > 0) frames.push(rest);
    rest = [];
  };
  for (const change of changes) {
    if (change.type !== "message_patch") {
      rest.push(change);
      continue;
    }
    if (isOnlyAppend(change, state)) {
      end();
      frames.push([change]);
      continue;
    }
    const { parts = [], ...head } = change;
    let others: PartChange[] = [];
    const endOthers = () => {
      if (others.length > 0) rest.push({ type: "message_patch", id: head.id, parts: others });
      others = [];
    };
    const message = state.message(head.id);
    for (const part of parts) {
      if (!isAppend(part, message)) {
        others.push(part);
        continue;
      }
      endOthers();
      end();
      frames.push([{ type: "message_patch", id: head.id, parts: [part] }]);
    }
    endOthers();
    if (Object.keys(head).length > 2) rest.push(head);
  }
  end();
  return frames;
}

/** Whether a patch is one append and nothing else. */
function isOnlyAppend(
  { id, parts, attributes, status, origin }: MessagePatch,
  state: ChannelState,
): boolean {
  const only = parts?.length === 1 ? parts[0] : undefined;
  const isBare = !attributes && status === undefined && origin === undefined;
  return only !== undefined && isBare && isAppend(only, state.message(id));
}

/** Whether a change only adds to the end of a text, which by now is as it leaves it. */
function isAppend(change: PartChange, message: Message | undefined): boolean {
  const part = change.type === "text_splice" ? message?.part(change.part) : undefined;
  if (change.type !== "text_splice" || part?.kind !== "text") return false;
  const [splice, ...more] = change.splices;
  const length = splice && splice.changed_offset + splice.text.length;
  return more.length === 0 && splice?.removed === 0 && length === part.content.length;
}
