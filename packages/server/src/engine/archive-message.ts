import { Composition, type Message } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import type { MessageSave, StoredMessage } from "../store.js";

/** What a patch costs a store beyond what is in it, about: a row, a key, its version. */
const PATCH = 128;

/** What is on its way to the store of one message. */
interface Taken {
  readonly seq: number;
  readonly size: number;
  readonly isWhole: boolean;
  readonly ended: number;
}

/** One message of a channel: what the store has of it, and what it lacks. */
export class ArchivedMessage {
  readonly order: number;
  /** The version that the store has it at; undefined where it may not have it. */
  #seq: number | undefined;
  /** About the size of the patches that the store has to it, beyond its whole. */
  #patches = 0;
  /** The last generation whose end the store has, or no more. */
  #ended = -1;
  #taken: Taken | undefined;
  /** Changes that were not taken yet; undefined where the message is to be saved whole. */
  #changes: Composition | undefined;

  constructor(order: number) {
    this.order = order;
  }

  /** One that the store has, in a state that it leads to. */
  static stored({ order, seq, patches }: StoredMessage, message: Message): ArchivedMessage {
    const archived = new ArchivedMessage(order);
    archived.#seq = patches.at(-1)?.seq ?? seq;
    archived.#patches = patches.reduce((sum, { changes }) => sum + weightOf(changes), 0);
    archived.#ended = endOf(message);
    archived.#changes = new Composition();
    return archived;
  }

  /** Whether nothing is to be taken. */
  get isClean(): boolean {
    return this.#changes?.isEmpty === true;
  }

  /** About the size of what is on its way. */
  get size(): number {
    return this.#taken?.size ?? 0;
  }

  /** Whether the store has the end of a generation, or a later generation in its place. */
  hasEnded(generation: number): boolean {
    return this.#ended >= generation;
  }

  /** Notes a change, in O(change). @param message as it is after it, or after more */
  note(change: Change, message: Message): void {
    if (change.type !== "message_patch") this.#changes = undefined;
    this.#changes?.add([change]);
    // What was changed again and again takes no more room than the message itself.
    if ((this.#changes?.size ?? 0) > message.size + PATCH) this.#changes = undefined;
  }

  /**
   * Takes what the store lacks, if it lacks anything. Patches are taken until they outweigh the
   * message: so what is written stays linear in what was changed, and what is read in what is there.
   */
  take(message: Message, seq: number): MessageSave | undefined {
    const { id } = message;
    const changes = this.#changes?.changes({ message: () => message });
    this.#changes = new Composition();
    if (changes?.length === 0) return undefined;
    const since = this.#seq;
    const ended = endOf(message);
    const isPatch = changes?.every(({ type }) => type === "message_patch");
    if (changes && isPatch && since !== undefined) {
      const size = weightOf(changes);
      if (this.#patches + size <= message.size) {
        this.#taken = { seq, size, isWhole: false, ended };
        return { type: "patch", id, since, changes };
      }
    }
    this.#taken = { seq, size: message.size, isWhole: true, ended };
    return { type: "whole", order: this.order, message: message.snapshot() };
  }

  /** The store has what was taken. */
  saved(): void {
    if (!this.#taken) return;
    const { seq, size, isWhole, ended } = this.#taken;
    this.#taken = undefined;
    this.#seq = seq;
    this.#patches = isWhole ? 0 : this.#patches + size;
    this.#ended = ended;
  }

  /** The store may have what was taken, or not. */
  failed(): void {
    this.#taken = undefined;
    this.#seq = undefined;
    this.#changes = undefined;
  }
}

const endOf = ({ isFinal, generation }: Message): number => (isFinal ? generation : generation - 1);

/** About what changes to a message cost a store. */
function weightOf(changes: readonly Change[]): number {
  const composition = new Composition();
  composition.add(changes);
  return composition.size + PATCH;
}
