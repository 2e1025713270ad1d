import type {
  ChannelSave,
  MessageSave,
  SaveAnswer,
  Store,
  StoredChannel,
  StoredHead,
  StoredMessage,
  StorePage,
} from "../store.js";
import { MemoryFaults, type MemoryTravel } from "./memory-faults.js";

/** A message, and the epoch that its versions count in. */
interface HeldMessage extends StoredMessage {
  readonly epoch: string;
}

interface Held {
  readonly head: StoredHead;
  readonly messages: ReadonlyMap<string, HeldMessage>;
}

/** What all views of a store have in common. */
type MemoryStoreData = Map<string, Held>;

/**
 * A store that ends with its process: the simplest that keeps the contract, for tests, and for who
 * writes an adapter to read.
 */
export class MemoryStore implements Store {
  /** What goes wrong between this view's server and the store. */
  readonly faults: MemoryFaults;
  readonly #data: MemoryStoreData;

  /** @param of the store that it is another view of. @default a new one */
  constructor(options: MemoryTravel = {}, of?: MemoryStore) {
    this.#data = of ? of.#data : new Map();
    this.faults = new MemoryFaults(options);
  }

  /** The same store as another server reaches it. */
  view(options: MemoryTravel = {}): MemoryStore {
    return new MemoryStore(options, this);
  }

  load(channel: string): Promise<StoredChannel | undefined> {
    return this.faults.run("load", () => {
      const held = this.#data.get(channel);
      return held && { ...held.head, messages: inOrder(held) };
    });
  }

  save(saves: readonly ChannelSave[]): Promise<readonly SaveAnswer[]> {
    return this.faults.run("save", () =>
      saves.map((save) => {
        const next = saved(this.#data.get(save.channel), save);
        if (!next) return "conflict";
        this.#data.set(save.channel, next);
        return "saved";
      }),
    );
  }

  page(channel: string, { before, limit }: StorePage): Promise<readonly StoredMessage[]> {
    return this.faults.run("page", () => {
      const held = this.#data.get(channel);
      const earlier = held ? inOrder(held).filter(({ order }) => order < before) : [];
      return earlier.slice(Math.max(0, earlier.length - limit));
    });
  }

  delete(channel: string): Promise<void> {
    return this.faults.run("delete", () => {
      this.#data.delete(channel);
    });
  }

  /** It has started again empty. */
  clear(): void {
    this.#data.clear();
  }
}

const inOrder = ({ messages }: Held): StoredMessage[] =>
  [...messages.values()]
    .sort((one, other) => one.order - other.order)
    .map(({ epoch: _, ...message }) => message);

/** A channel with a save in it; undefined where that goes on from something else. */
function saved(held: Held | undefined, save: ChannelSave): Held | undefined {
  const { epoch, seq, attributes, closed } = save;
  if (held?.head.epoch === epoch && held.head.seq > seq) return undefined;
  const messages = new Map(held?.messages);
  for (const message of save.messages) {
    const id = message.type === "whole" ? message.message.id : message.id;
    const next = savedMessage(messages.get(id), message, save);
    if (!next) return undefined;
    messages.set(id, next);
  }
  for (const id of save.removed) messages.delete(id);
  return { head: { epoch, seq, attributes, ...(closed && { closed }) }, messages };
}

function savedMessage(
  held: HeldMessage | undefined,
  message: MessageSave,
  { epoch, seq }: ChannelSave,
): HeldMessage | undefined {
  if (message.type === "whole") {
    return { order: message.order, seq, epoch, message: message.message, patches: [] };
  }
  if (held?.epoch !== epoch) return undefined;
  const last = held.patches.at(-1)?.seq ?? held.seq;
  if (last === seq) return held; // it was saved already
  if (last !== message.since) return undefined;
  return { ...held, patches: [...held.patches, { seq, changes: message.changes }] };
}
