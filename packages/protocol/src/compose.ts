import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type JsonOperation,
  type MessageCompleted,
  type MessagePatch,
  unreachable,
} from "@deltawire/spec";
import { patchMessage } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { begin } from "./diff.js";
import { addOperations } from "./json-compose.js";
import { costOf } from "./json-diff.js";
import { Message } from "./message.js";
import { costOfPatch, PatchComposition, shrinkOperations } from "./patch-composition.js";

/**
 * The frame that does what two frames do, one after the other.
 *
 * @param result the whole state after both, where the caller holds it: what is smaller whole is
 *   then sent whole. Leave it out for a windowed replica: one that leaves the message out cannot
 *   tell it from a new one.
 * @throws DeltawireError `gap` unless the second begins where the first ends
 */
export function compose(
  first: ChangesFrame,
  second: ChangesFrame,
  result?: ChannelState,
): ChangesFrame {
  if (first.to !== second.from) {
    const what = `a frame to version ${first.to} and one from ${second.from} do not follow`;
    throw new DeltawireError("gap", what, { path: "/from", channel: second.channel });
  }
  const composition = new Composition();
  composition.add(first.changes);
  composition.add(second.changes);
  const { type, channel, from } = first;
  return { type, channel, from, to: second.to, changes: composition.changes(result) };
}

/** What may be stated whole. */
export type Whole = Pick<ChannelState, "message"> & Partial<Pick<ChannelState, "attributes">>;

/** What a run of changes does to one message. */
interface Entry {
  /** The message is removed before anything else here happens to it. */
  removed: boolean;
  /** The message as the run leaves it, its end included, where the run states it whole. */
  added: Message | undefined;
  patch: PatchComposition | undefined;
  completed: MessageCompleted | undefined;
}

/**
 * Changes that add up: any run of them, as the smallest list with the same result.
 *
 * 1. Adding costs O(change), whatever was added before.
 * 2. Messages come out in document order: an entry keeps its place until it is removed and
 *    added anew.
 */
export class Composition {
  readonly #entries = new Map<string, Entry>();
  readonly #attributes: JsonOperation[] = [];
  #closed: Extract<Change, { readonly type: "channel_closed" }> | undefined;
  #size = 0;

  /** About the bytes of what was added; never less than what {@link changes} needs. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#attributes.length === 0 && !this.#closed;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) this.#add(change);
  }

  #add(change: Change): void {
    this.#size += 16;
    switch (change.type) {
      case "message_added": {
        const old = this.#entries.get(change.id);
        const removed = old?.removed ?? false;
        if (removed && !old?.added) this.#entries.delete(change.id);
        const added = Message.of(change);
        this.#size += added.size;
        this.#entries.set(change.id, { removed, added, patch: undefined, completed: undefined });
        return;
      }
      case "message_patch":
        this.#patch(this.#entry(change.id), change);
        return;
      case "message_completed": {
        const entry = this.#entry(change.id);
        if (entry.completed || entry.added?.isFinal) return;
        if (entry.added) entry.added = entry.added.withStatus(change.status, change.error);
        else entry.completed = change;
        this.#size += 32 * change.digests.length;
        return;
      }
      case "message_removed":
        this.#size += change.id.length;
        this.#entries.set(change.id, {
          removed: true,
          added: undefined,
          patch: undefined,
          completed: undefined,
        });
        return;
      case "channel_patch":
        addOperations(this.#attributes, change.attributes);
        for (const operation of change.attributes) this.#size += costOf(operation);
        return;
      case "channel_closed":
        this.#closed = change;
        return;
      default:
        unreachable(change);
    }
  }

  #entry(id: string): Entry {
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = { removed: false, added: undefined, patch: undefined, completed: undefined };
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #patch(entry: Entry, change: MessagePatch): void {
    if (entry.added) {
      const before = entry.added.size;
      entry.added = patchMessage(entry.added, change);
      this.#size += Math.max(0, entry.added.size - before);
      return;
    }
    entry.patch ??= new PatchComposition(change.id);
    this.#size += entry.patch.add(change);
  }

  /**
   * The changes, composed.
   *
   * @param result the state after them: lets what is smaller whole be sent whole, and leaves out
   *   bytes that are trimmed again. Without attributes for who does not have those of all writers:
   *   whole, they would take away what others have set
   * @param windowed for a windowed replica: no message is stated whole that they do not state, as
   *   in {@link compose}. @default false
   */
  changes(result?: Whole, windowed = false): Change[] {
    const changes: Change[] = [];
    for (const [id, { removed, added, patch, completed }] of this.#entries) {
      if (removed) changes.push({ type: "message_removed", id });
      const message = added ?? result?.message(id);
      const patched = patch?.patch(message);
      const isMore =
        !windowed && patched && message && costOfPatch(patched) > costOfMessage(message);
      if (message && (added || isMore)) {
        changes.push(...begin(message));
        continue;
      }
      if (patched) changes.push(patched);
      if (completed) changes.push(completed);
    }
    const attributes = shrinkOperations([...this.#attributes], result?.attributes);
    if (attributes.length > 0) changes.push({ type: "channel_patch", attributes });
    if (this.#closed) changes.push(this.#closed);
    return changes;
  }
}

/** About the bytes of a message, whole. */
const costOfMessage = ({ size, parts }: Message): number => 64 + size + 16 * parts.length;
