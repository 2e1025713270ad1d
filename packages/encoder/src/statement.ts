import { diff } from "@deltawire/protocol/differences";
import { ChannelState, type Message } from "@deltawire/protocol/state";
import type { Change, MessageAdded, MessagePatch, PartChange } from "@deltawire/spec";
import { assign, within } from "./json-operations.js";
import { bytesPatchInPieces, partInPieces, splicesInPieces } from "./pieces.js";
import type { Unsettled } from "./unsettled.js";
import { FRAME_WEIGHT, PIECE, weigh } from "./weight.js";

/** What goes together, and what it weighs. */
export interface Group<Item> {
  readonly items: readonly Item[];
  readonly weight: number;
}

/**
 * What takes the log from what it holds of a producer to what the producer has: in groups for one
 * frame each, one where they fit.
 *
 * 1. A message that is in the one state alone was not removed: it has ended and was let go of.
 * 2. The order of messages is the log's: none is removed to be put in another place.
 * 3. A message that is stated whole in several frames begins with as much of it as fits one: where
 *    the log has it, it is never emptied.
 * 4. The channel's attributes are set key by key, since others set theirs.
 */
export function statement(
  before: ChannelState,
  next: ChannelState,
  unsettled: Unsettled,
): Group<Change>[] {
  const changes: Change[] = [];
  for (const id of unsettled.removed) changes.push({ type: "message_removed", id });
  const operations = assign(before.attributes, next.attributes, unsettled.keys);
  for (const { items } of grouped(operations, PIECE)) {
    changes.push({ type: "channel_patch", attributes: items });
  }
  for (const message of next.messages) {
    const old = before.message(message.id);
    if (old === message) continue;
    for (const change of diff("", alone(old), alone(message)).changes) {
      changes.push(...inBounds(change, message));
    }
  }
  if (next.closed && !before.closed) changes.push({ type: "channel_closed", ...next.closed });
  return grouped(changes, FRAME_WEIGHT);
}

const alone = (message: Message | undefined): ChannelState =>
  ChannelState.of("", { messages: message ? [message] : [] });

/** Items in their order, in groups of no more than a weight, unless one alone is more. */
function grouped<Item>(items: readonly Item[], most: number): Group<Item>[] {
  const groups: Group<Item>[] = [];
  let group: Item[] = [];
  let weight = 0;
  const end = () => {
    if (group.length > 0) groups.push({ items: group, weight });
    group = [];
    weight = 0;
  };
  for (const item of items) {
    const more = weigh(item);
    if (weight + more > most) end();
    group.push(item);
    weight += more;
  }
  end();
  return groups;
}

/** A change of a message to what it is by now, in changes each of which fits a frame. */
function inBounds(change: Change, message: Message): Change[] {
  if (change.type === "message_added" && weigh(change) > FRAME_WEIGHT) {
    return addedInPieces(change, message);
  }
  if (change.type !== "message_patch") return [change];
  const { parts = [], attributes } = change;
  const patch: MessagePatch = {
    ...change,
    ...(change.parts && { parts: parts.map((part) => operationsInBounds(part, message)) }),
    ...(attributes && { attributes: within(attributes, message.attributes) }),
  };
  return weigh(patch) > FRAME_WEIGHT ? patchInPieces(patch) : [patch];
}

function operationsInBounds(change: PartChange, message: Message): PartChange {
  const part = change.type === "json_patch" ? message.part(change.part) : undefined;
  if (change.type !== "json_patch" || part?.kind !== "json") return change;
  const operations = within(change.operations, part.value);
  const whole = weigh(operations) > FRAME_WEIGHT; // which is never more than they are
  return {
    ...change,
    operations: whole ? [{ op: "replace", path: "", value: part.value }] : operations,
  };
}

const patchOf = (id: string, part: PartChange): Change => ({
  type: "message_patch",
  id,
  parts: [part],
});

function addedInPieces({ status, error: _, ...added }: MessageAdded, message: Message): Change[] {
  const begun = [];
  const rest: PartChange[] = [];
  let weight = weigh({ ...added, parts: [] });
  for (const part of added.parts.map(partInPieces)) {
    weight += weigh(part.content);
    if (rest.length === 0 && weight <= FRAME_WEIGHT) begun.push(part.content);
    else rest.push({ type: "part_inserted", content: part.content });
    rest.push(...part.rest);
  }
  return [
    { ...added, parts: begun },
    ...rest.map((part) => patchOf(added.id, part)),
    ...(status ? [message.completion()] : []), // it ends once all of it is there
  ];
}

function patchInPieces({ parts = [], attributes, ...head }: MessagePatch): Change[] {
  const changes = parts.flatMap(partChangeInPieces).map((part) => patchOf(head.id, part));
  const { id, type } = head;
  if (attributes) changes.push({ type, id, attributes });
  return Object.keys(head).length > 2 ? [...changes, head] : changes;
}

function partChangeInPieces(change: PartChange): PartChange[] {
  switch (change.type) {
    case "part_inserted": {
      const { content, rest } = partInPieces(change.content);
      return [{ ...change, content }, ...rest];
    }
    case "text_splice":
      return splicesInPieces(change.splices).map((splices) => ({ ...change, splices }));
    case "bytes_patch":
      return [...bytesPatchInPieces(change)];
    default:
      return [change];
  }
}
