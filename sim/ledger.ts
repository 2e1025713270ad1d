import type { ChannelState, Message } from "@deltawire/protocol";
import type { JsonObject, JsonValue } from "@deltawire/spec";
import { contentOf, seen } from "./content.js";
import { canonical, Draft, type History } from "./draft.js";
import { Violation } from "./violation.js";

/** What all runs of all programs have done, by the word of their writers alone. */
export class Ledger {
  readonly drafts: Draft[] = [];
  readonly history: History = new Map();
  /** Messages that were removed, and those of which every part was, as `channel id`. */
  readonly removed: Set<string> = new Set();
  readonly emptied: Set<string> = new Set();
  /** Messages that more than one writer has claimed. */
  readonly contested: Set<string> = new Set();
  /** Whether channels let go of messages that have ended. */
  forgets = false;
  /** Values that each attribute of each channel was given. */
  readonly #attributes = new Map<string, Set<string>>();
  /** Final messages by channel, id and generation, in each epoch as the first who saw one saw it. */
  readonly #finals = new Map<string, Map<string, string>>();

  /** Somebody sets the channel's attribute of a name. */
  described(channel: string, name: string, value: JsonValue): void {
    const key = `${channel} ${name}`;
    const values = this.#attributes.get(key) ?? new Set();
    this.#attributes.set(key, values.add(canonical(value)));
  }

  /** Invariant 2, for the channel's attributes. */
  sawAttributes(where: string, channel: string, attributes: JsonObject): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (this.#attributes.get(`${channel} ${name}`)?.has(canonical(value))) continue;
      const what = `nobody ever set attribute ${name} to ${canonical(value)}`;
      throw new Violation(2, `${where}: ${what}`);
    }
  }

  begin(channel: string, id: string, generation: number, author: string): Draft {
    const draft = new Draft(channel, id, generation, author, this.history);
    this.drafts.push(draft);
    return draft;
  }

  /** Whether a message may have gone by its channel's bounds: some writer has ended it. */
  mayBeForgotten(channel: string, id: string): boolean {
    const isEnded = (draft: Draft) =>
      draft.channel === channel && draft.id === id && draft.status !== "streaming";
    return this.forgets && this.drafts.some(isEnded);
  }

  /** The message that somebody has to see at this place, if it was ever seen final. */
  finalOf(epoch: string, channel: string, id: string, generation: number): string | undefined {
    return this.finalsOf(channel, id, generation).get(epoch);
  }

  /** The same in every epoch in which it was seen. */
  finalsOf(channel: string, id: string, generation: number): ReadonlyMap<string, string> {
    return this.#finals.get(`${channel} ${id} ${generation}`) ?? new Map();
  }

  /** Invariant 4. */
  sawFinal(where: string, epoch: string, channel: string, message: Message): void {
    const key = `${channel} ${message.id} ${message.generation}`;
    const now = JSON.stringify(seen(message));
    const finals = this.#finals.get(key) ?? new Map<string, string>();
    this.#finals.set(key, finals);
    const before = finals.get(epoch) ?? now;
    finals.set(epoch, before);
    if (before === now) return;
    throw new Violation(
      4,
      `${where} saw ${key}, epoch ${epoch}, end as ${now}, it had ended as ${before}`,
    );
  }
}

/** One who looks at a channel, and whose every look is compared with the one before. */
export class View {
  readonly name: string;
  readonly channel: string;
  readonly #ledger: Ledger;
  readonly #isWindowed: boolean;
  /** Epochs that it has left. */
  readonly #left = new Set<string>();
  #state: ChannelState | undefined;
  #messages = new Map<string, Message>();
  /** Generations of messages that were there and are not, by epoch and id. */
  readonly #gone = new Map<string, number>();
  /** States that were looked at. */
  looks = 0;

  constructor(name: string, channel: string, ledger: Ledger, isWindowed = false) {
    this.#isWindowed = isWindowed;
    this.name = name;
    this.channel = channel;
    this.#ledger = ledger;
  }

  /** Takes a look. @throws Violation */
  look(state: ChannelState): void {
    const before = this.#state;
    if (state === before || state.epoch === "") return;
    this.looks += 1;
    if (before) this.#compareVersions(before, state);
    if (state.attributes !== before?.attributes) {
      this.#ledger.sawAttributes(this.name, this.channel, state.attributes);
    }
    const messages = new Map<string, Message>();
    for (const message of state.messages) {
      messages.set(message.id, message);
      const last = this.#messages.get(message.id);
      if (message !== last)
        this.#compare(state.epoch, message, before?.epoch === state.epoch ? last : undefined);
    }
    if (before?.epoch === state.epoch) this.#lookForMissing(state.epoch, messages);
    // An empty new history is shown in place of the old one where it says that the channel has ended.
    const isBlank = messages.size === 0 && !state.closed;
    if (before && before.messages.length > 0 && isBlank)
      this.#lookForMissing(state.epoch, messages);
    this.#state = state;
    this.#messages = messages;
  }

  /** Invariant 3. */
  #compareVersions(before: ChannelState, now: ChannelState): void {
    const back = before.epoch === now.epoch ? now.seq < before.seq : this.#left.has(now.epoch);
    if (before.epoch !== now.epoch) this.#left.add(before.epoch);
    if (!back) return;
    const from = `${before.epoch}:${before.seq}`;
    throw new Violation(3, `${this.name} went back from ${from} to ${now.epoch}:${now.seq}`);
  }

  #compare(epoch: string, message: Message, last: Message | undefined): void {
    const { channel } = this;
    const place = `${this.name}, message ${message.id}`;
    if (!last && message.generation <= (this.#gone.get(`${epoch} ${message.id}`) ?? -1)) {
      throw new Violation(4, `${place} was removed, and is there again`);
    }
    for (const part of message.parts) {
      if (part === last?.part(part.id)) continue;
      const values = this.#ledger.history.get(`${channel} ${message.id} ${part.id}`);
      const value = contentOf(part);
      if (values?.has(value)) continue;
      throw new Violation(
        2,
        `${place}: nobody ever wrote part ${part.id} as ${JSON.stringify(value)}`,
      );
    }
    if (message.isFinal) this.#ledger.sawFinal(this.name, epoch, channel, message);
    if (!last) return;
    if (message.generation < last.generation) {
      throw new Violation(
        4,
        `${place}: generation ${last.generation} became ${message.generation}`,
      );
    }
    if (message.generation === last.generation && last.isFinal && !message.isFinal) {
      throw new Violation(4, `${place}: ${last.status} became ${message.status}`);
    }
    const isBlank = last.parts.length > 0 && message.parts.length === 0;
    const isMeant = this.#ledger.emptied.has(`${channel} ${message.id}`);
    if (isBlank && message.generation === last.generation && !isMeant) {
      throw new Violation(7, `${place}: its parts are gone`);
    }
  }

  /** Invariant 7. */
  #lookForMissing(epoch: string, messages: ReadonlyMap<string, Message>): void {
    if (this.#isWindowed) return; // what leaves its window is somewhere else
    for (const [id, { generation }] of this.#messages) {
      if (!messages.has(id)) this.#gone.set(`${epoch} ${id}`, generation);
      if (messages.has(id) || this.#ledger.removed.has(`${this.channel} ${id}`)) continue;
      if (this.#ledger.mayBeForgotten(this.channel, id)) continue;
      throw new Violation(7, `${this.name}: message ${id} is gone, and nobody has removed it`);
    }
  }
}
