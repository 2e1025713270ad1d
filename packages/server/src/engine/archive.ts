import { ChannelState, diff, type Message } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";
import type { ChannelSave, MessageSave, SaveAnswer, StoredMessage } from "../store.js";
import { ArchivedMessage } from "./archive-message.js";
import type { Restored } from "./archive-restore.js";

/** A save that is on its way. */
interface Taken {
  readonly epoch: string;
  readonly seq: number;
  readonly messages: ReadonlyMap<string, ArchivedMessage>;
  readonly removed: readonly string[];
}

/**
 * What of one channel its store has, and what it lacks. Pure.
 *
 * 1. What the store has after every save that it answers is the channel at the version of that save.
 * 2. A change costs O(change) to note, and is written once; a message is written whole when it
 *    begins, when it ends, and when its patches outweigh it.
 * 3. What is noted is never more than the channel itself.
 * 4. What was in a save that conflicts or fails is written whole by the next one.
 * 5. One save is on its way at a time; what changes meanwhile goes with the next one.
 * 6. A save of another server that comes after this one has loaded the channel is a conflict, or is
 *    put right when the channel is loaded next.
 */
export class Archive {
  readonly #channel: string;
  #epoch: string;
  #seq: number;
  /** The version that the store has, in this epoch; undefined where that is not known. */
  #savedSeq: number | undefined;
  readonly #messages = new Map<string, ArchivedMessage>();
  /** Messages that the store lacks something of. */
  readonly #unsaved = new Set<string>();
  readonly #removed = new Set<string>();
  #order = 0;
  #hasEnded = false;
  #taken: Taken | undefined;

  /**
   * @param restored what the store has; undefined where it has nothing
   * @param state the channel as it is: that of `restored`, or what the log has made of it. What is
   *   in the store and not in here is removed from the store.
   */
  constructor(channel: string, restored: Restored | undefined, state: ChannelState) {
    this.#channel = channel;
    this.#epoch = state.epoch;
    this.#seq = state.seq;
    const isSame = restored?.stored.epoch === state.epoch;
    // A channel that nothing ever happened in leaves nothing.
    this.#savedSeq = isSame ? restored.stored.seq : !restored && state.seq === 0 ? 0 : undefined;
    const stored = new Map(restored?.stored.messages.map((one) => [one.message.id, one]));
    for (const { order } of stored.values()) this.#order = Math.max(this.#order, order);
    let last = Number.NEGATIVE_INFINITY;
    for (const message of state.messages) {
      const known = stored.get(message.id);
      stored.delete(message.id);
      const archived =
        known && known.order > last
          ? this.#resume(known, restored, message, isSame)
          : this.#begin(message.id);
      if (!archived.isClean) this.#mark(message);
      last = archived.order;
    }
    for (const id of stored.keys()) this.#removed.add(id);
  }

  /** A message that the store has, in its place; as far as it is what it has. */
  #resume(
    known: StoredMessage,
    restored: Restored | undefined,
    message: Message,
    isSame: boolean,
  ): ArchivedMessage {
    const before = restored?.state.message(message.id);
    const isWhole = !restored?.dropped.some((dropped) => dropped.message === message.id);
    if (!before || !isWhole || (!isSame && !message.isFinal)) {
      return this.#begin(message.id, known.order);
    }
    const archived = ArchivedMessage.stored(known, before);
    this.#messages.set(message.id, archived);
    for (const change of between(before, message)) archived.note(change, message);
    return archived;
  }

  #begin(id: string, order: number = this.#order + 1): ArchivedMessage {
    this.#order = Math.max(this.#order, order);
    const archived = new ArchivedMessage(order);
    this.#messages.set(id, archived);
    return archived;
  }

  #mark({ id, isFinal }: Message): void {
    this.#unsaved.add(id);
    if (isFinal) this.#hasEnded = true;
  }

  /** Whether the store has everything. */
  get isSettled(): boolean {
    return !this.#taken && !this.#isUnsaved;
  }

  get #isUnsaved(): boolean {
    return this.#savedSeq !== this.#seq || this.#unsaved.size > 0 || this.#removed.size > 0;
  }

  /** Whether something has ended that is not on its way to the store: that is not waited with. */
  get isUrgent(): boolean {
    return this.#hasEnded;
  }

  /**
   * The version that the store has while it lacks something, 0 where it may have nothing; undefined
   * while it has everything.
   */
  get dirtySince(): number | undefined {
    return this.isSettled ? undefined : (this.#savedSeq ?? 0);
  }

  /**
   * Whether the store has the end of a generation of a message, or of a later one. What was removed
   * is waited for by nobody, so it counts as there.
   */
  isSaved({ id, generation }: Pick<Message, "id" | "generation">): boolean {
    return this.#messages.get(id)?.hasEnded(generation) ?? true;
  }

  /** Whether the store has a message for good, as it is: what holds it besides may let it go. */
  holds({ id, generation, isFinal }: Message): boolean {
    return isFinal && this.#messages.get(id)?.hasEnded(generation) === true;
  }

  /** About the size of the save that is on its way; 0 where none is. */
  get size(): number {
    let sum = 0;
    for (const { size } of this.#taken?.messages.values() ?? []) sum += size;
    return sum;
  }

  /** Notes a frame that has happened. @param state the channel after it */
  changed(frame: ChangesFrame, state: ChannelState): void {
    this.#seq = state.seq;
    for (const change of frame.changes) this.#note(change, state);
  }

  #note(change: Change, state: ChannelState): void {
    if (change.type === "channel_closed") this.#hasEnded = true;
    if (!("id" in change)) return; // what is not of a message is saved with every version
    const { id } = change;
    if (change.type === "message_removed") {
      this.#messages.delete(id);
      this.#unsaved.delete(id);
      this.#removed.add(id);
      return;
    }
    const archived = this.#messages.get(id) ?? this.#begin(id);
    this.#removed.delete(id);
    const message = state.message(id);
    if (!message) return; // this frame removes it
    archived.note(change, message);
    this.#mark(message);
  }

  /**
   * Another epoch has begun. What has ended, and stands there as it did, is in the store already.
   *
   * @param state the channel in it; what `before` has and this lacks is removed
   * @param before the channel after the last frame that was noted
   */
  begun(state: ChannelState, before: ChannelState): void {
    const known = new Map(this.#messages);
    this.#messages.clear();
    this.#unsaved.clear();
    this.#epoch = state.epoch;
    this.#seq = state.seq;
    this.#savedSeq = undefined;
    let last = Number.NEGATIVE_INFINITY;
    for (const message of state.messages) {
      const { id } = message;
      const old = known.get(id);
      known.delete(id);
      this.#removed.delete(id);
      const isInPlace = old !== undefined && old.order > last;
      if (isInPlace && old.isClean && isEnded(before.message(id), message)) {
        this.#messages.set(id, old);
        last = old.order;
        continue;
      }
      last = this.#begin(id, isInPlace ? old.order : undefined).order;
      this.#mark(message);
    }
    for (const id of known.keys()) this.#removed.add(id);
  }

  /**
   * The next save, if there is anything to save and none is on its way; {@link answered} ends it.
   *
   * @param state the channel after the last frame that was noted
   */
  take(state: ChannelState): ChannelSave | undefined {
    if (this.#taken || !this.#isUnsaved) return undefined;
    const { epoch, seq, attributes, closed } = state;
    const taken = new Map<string, ArchivedMessage>();
    const saves: { readonly order: number; readonly save: MessageSave }[] = [];
    for (const id of this.#unsaved) {
      const archived = this.#messages.get(id);
      const message = state.message(id);
      const save = message && archived?.take(message, seq);
      if (!save || !archived) continue;
      taken.set(id, archived);
      saves.push({ order: archived.order, save });
    }
    const messages = saves.sort((a, b) => a.order - b.order).map(({ save }) => save);
    const removed = [...this.#removed];
    this.#unsaved.clear();
    this.#removed.clear();
    this.#hasEnded = false;
    this.#taken = { epoch, seq, messages: taken, removed };
    const head = { channel: this.#channel, epoch, seq, attributes, ...(closed && { closed }) };
    return { ...head, messages, removed };
  }

  /** What became of the save that was taken last; `failed`: nobody knows. */
  answered(answer: SaveAnswer | "failed"): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (!taken) return;
    const isOfNow = taken.epoch === this.#epoch;
    if (answer === "saved") {
      for (const message of taken.messages.values()) message.saved();
      if (isOfNow) this.#savedSeq = taken.seq;
      return;
    }
    this.#savedSeq = undefined;
    for (const [id, message] of taken.messages) {
      message.failed();
      this.#unsaved.add(id);
    }
    for (const id of taken.removed) if (!this.#messages.has(id)) this.#removed.add(id);
  }
}

/** Whether a message has ended in the one state as in the other. */
const isEnded = (before: Message | undefined, after: Message): boolean =>
  before?.isFinal === true && between(before, after).length === 0;

/** The changes from one version of a message to another, whatever lies between. */
function between(before: Message, after: Message): readonly Change[] {
  const alone = (message: Message) => ChannelState.of("", { messages: [message] });
  return diff("", alone(before), alone(after)).changes;
}
