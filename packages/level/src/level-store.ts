import type {
  ChannelSave,
  SaveAnswer,
  Store,
  StoredChannel,
  StoredMessage,
  StoredPatch,
  StorePage,
} from "@deltawire/server";
import { idsOf, type SavedBefore, writesOf } from "./channel-save.js";
import type { Database, Write } from "./database.js";
import { entriesIn } from "./entries.js";
import { entryKey, entryRange, headKey, messagePlaceOf, messageRange } from "./key.js";
import { decodeEntry, decodeHead, decodePatch, decodeWhole, type Entry } from "./stored-value.js";
import { Turns } from "./turns.js";

/** Entries of a channel that are fetched at once for a page. */
const PAGE_AT_ONCE = 100;

/**
 * A store in a database that this process alone has open. A message is one entry whole and one for
 * each patch, next to each other and in the channel's order: who loads a channel, or a page of it,
 * reads on from one place.
 */
export class LevelStore implements Store {
  readonly #database: Database;
  /** Comparing what is there and writing are one step, since one save comes after the other. */
  readonly #turns = new Turns();

  constructor(database: Database) {
    this.#database = database;
  }

  load(channel: string): Promise<StoredChannel | undefined> {
    return this.#database.read(async (database) => {
      const snapshot = database.snapshot(); // the head and the messages are of one moment
      try {
        const head = await database.get(headKey(channel), { snapshot });
        if (head === undefined) return undefined;
        const messages: StoredMessage[] = [];
        let patches: StoredPatch[] = [];
        let last: string | undefined;
        for await (const [key, value] of entriesIn(database, messageRange(channel), { snapshot })) {
          const { order, id, patch } = messagePlaceOf(key);
          if (patch === undefined) {
            patches = [];
            last = id;
            messages.push({ order, ...decodeWhole(value), patches });
          } else if (id === last && patch === patches.length) patches.push(decodePatch(value));
        }
        return { ...decodeHead(head), messages };
      } finally {
        await snapshot.close();
      }
    });
  }

  save(saves: readonly ChannelSave[]): Promise<readonly SaveAnswer[]> {
    return this.#turns.run("", async () => {
      const answers = new Map<ChannelSave, SaveAnswer>();
      for (let rest = saves; rest.length > 0; ) {
        // A channel that is named again is compared with what was saved of it before.
        const named = new Map<string, ChannelSave>();
        for (const save of rest) if (!named.has(save.channel)) named.set(save.channel, save);
        const now = [...named.values()];
        rest = rest.filter((save) => named.get(save.channel) !== save);
        await this.#saveOnce(now, answers);
      }
      return saves.map((save) => answers.get(save) ?? "conflict");
    });
  }

  page(channel: string, { before, limit }: StorePage): Promise<readonly StoredMessage[]> {
    return this.#database.read(async (database) => {
      const messages: StoredMessage[] = [];
      if (limit <= 0) return messages;
      const range = messageRange(channel, before);
      const backwards = entriesIn(database, range, { reverse: true, atOnce: PAGE_AT_ONCE });
      let patches: { number: number; id: string; patch: StoredPatch }[] = [];
      for await (const [key, value] of backwards) {
        const { order, id, patch: number } = messagePlaceOf(key);
        if (number !== undefined) {
          patches.push({ number, id, patch: decodePatch(value) });
          continue;
        }
        const own = patches.reverse().filter((patch) => patch.id === id);
        const sound = own.filter((patch, i) => patch.number === i).map(({ patch }) => patch);
        messages.push({ order, ...decodeWhole(value), patches: sound });
        patches = [];
        if (messages.length === limit) break;
      }
      return messages.reverse();
    });
  }

  delete(channel: string): Promise<void> {
    return this.#turns.run("", async () => {
      const keys = await this.#database.read((database) =>
        Promise.all([
          database.keys(messageRange(channel)).all(),
          database.keys(entryRange(channel)).all(),
        ]),
      );
      const all = [headKey(channel), ...keys.flat()];
      await this.#database.write(all.map((key) => ({ type: "del", key })));
    });
  }

  /** Saves channels that are each named once. */
  async #saveOnce(
    saves: readonly ChannelSave[],
    answers: Map<ChannelSave, SaveAnswer>,
  ): Promise<void> {
    const found = await this.#savedBefore(saves);
    const writes: Write[] = [];
    for (const [i, save] of saves.entries()) {
      const own = writesOf(save, found[i] ?? { head: undefined, entries: new Map() });
      for (const write of own ?? []) writes.push(write);
      answers.set(save, own ? "saved" : "conflict");
    }
    if (writes.length > 0) await this.#database.write(writes);
  }

  async #savedBefore(saves: readonly ChannelSave[]): Promise<SavedBefore[]> {
    const ids = saves.map((save) => [...idsOf(save)]);
    const keys = saves.flatMap(({ channel }, i) => [
      headKey(channel),
      ...(ids[i] ?? []).map((id) => entryKey(channel, id)),
    ]);
    const values = await this.#database.read((database) => database.getMany(keys));
    let at = 0;
    return saves.map((_, i) => {
      const head = values[at++];
      const entries = new Map<string, Entry>();
      for (const id of ids[i] ?? []) {
        const value = values[at++];
        if (value !== undefined) entries.set(id, decodeEntry(value));
      }
      return { head: head && decodeHead(head), entries };
    });
  }
}
