import { ChannelState, type Message } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelSave, SaveAnswer } from "../store.js";
import { ArchivedChannelFixture } from "../testing/archived-channel.js";
import { added, append, completed, removed, splice, textPart } from "../testing/changes.js";
import { Archive } from "./archive.js";
import { restore } from "./archive-restore.js";

/** What happens next to a channel, its archive, or its store. */
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly message: number;
  readonly size: number;
}

const KINDS = [
  ...(["add", "add", "append", "append", "append", "edit", "insert", "json", "status"] as const),
  ...(["end", "end", "remove", "again", "attributes"] as const),
  ...(["take", "take", "saved", "saved", "refused", "unclear", "late"] as const),
  ...(["load", "other", "epoch"] as const),
] as const;

const TEXTS = ["a", "Bc ", "ä", "漢", "😀", "\0", "line\n"];

/** A channel in which everything happens that may, to its archive and to its store. */
class Simulation {
  readonly channel = new ArchivedChannelFixture();
  #count = 0;
  /** The save that is on its way. */
  #taken: ChannelSave | undefined;
  /** A save that nobody knows the answer of, and that may still come to the store. */
  #lost: ChannelSave | undefined;
  /** The archive was made before a save of an earlier server came. */
  #isLate = false;

  get #state(): ChannelState {
    return this.channel.state;
  }

  async step({ kind, message: at, size }: Step): Promise<void> {
    switch (kind) {
      case "take":
        this.#taken ??= this.channel.take();
        return;
      case "saved":
      case "refused":
      case "unclear":
      case "late":
        return this.#answer(kind);
      case "load":
        this.#lost = this.#taken ?? this.#lost; // its server has died
        this.#taken = undefined;
        return this.channel.reopen(this.#state);
      case "other":
        return this.#saveElsewhere(size % 2 === 0);
      case "epoch":
        return this.#begin(size);
      default: {
        const changes = this.#changes(kind, at, size);
        if (changes.length > 0) this.channel.write(...changes);
      }
    }
  }

  /** Everything is saved, whatever it takes. */
  async settle(): Promise<void> {
    await this.#answer("saved");
    for (let i = 0; i < 4 && !this.channel.archive.isSettled; i += 1) await this.channel.save();
    if (!this.#isLate) return;
    this.#isLate = false;
    await this.channel.reopen(this.#state); // what came late is put right when it is loaded next
    await this.settle();
  }

  async #answer(kind: "saved" | "refused" | "unclear" | "late"): Promise<void> {
    const { archive, store } = this.channel;
    const taken = this.#taken;
    if (!taken) return;
    this.#taken = undefined;
    let answer: SaveAnswer | undefined;
    if (kind === "saved" || kind === "unclear") [answer] = await store.save([taken]);
    archive.answered(kind === "saved" && answer ? answer : "failed");
    if (kind === "late") this.#lost = taken;
  }

  /** Another server has taken over and saved, while this one goes on; or an old save arrives. */
  async #saveElsewhere(isLate: boolean): Promise<void> {
    const { store, state } = this.channel;
    if (isLate && this.#lost?.epoch === state.epoch) {
      const [answer] = await store.save([this.#lost]);
      this.#isLate ||= answer === "saved";
      this.#lost = undefined;
      return;
    }
    const stored = await store.load("c");
    const save = new Archive("c", stored && restore(stored), state).take(state);
    await store.save(save ? [save] : []);
  }

  /** Another epoch begins, without some of the messages. */
  #begin(size: number): void {
    const { archive, state } = this.channel;
    const messages = state.messages.filter((_, i) => (i + size) % 5 !== 0);
    this.#count += 1;
    const begun = { seq: size % 2, messages, attributes: state.attributes };
    this.channel.state = ChannelState.of(`e${this.#count}`, begun);
    archive.begun(this.channel.state, state);
  }

  #changes(kind: Step["kind"], at: number, size: number): Change[] {
    const { messages } = this.#state;
    const open = messages.filter(({ isFinal }) => !isFinal);
    const message = open[at % Math.max(1, open.length)];
    this.#count += 1;
    const id = `m${this.#count}`;
    const text = (TEXTS[size % TEXTS.length] ?? "").repeat(size ** 3);
    if (kind === "add") return [added(id, text, { attributes: { n: size } })];
    if (kind === "attributes") {
      const value = `title ${size}`;
      return [{ type: "channel_patch", attributes: [{ op: "add", path: "/title", value }] }];
    }
    if (kind === "remove") {
      const any = messages[at % Math.max(1, messages.length)];
      return any ? [removed(any.id), ...(size % 3 === 0 ? [added(any.id, text)] : [])] : [];
    }
    if (kind === "again") {
      const final = messages.filter(({ isFinal }) => isFinal);
      const ended = final[at % Math.max(1, final.length)];
      return ended ? [added(ended.id, text, { generation: ended.generation + 1 })] : [];
    }
    return message ? this.#edits(kind, message, text, size) : [];
  }

  #edits(kind: Step["kind"], message: Message, text: string, size: number): Change[] {
    const { id } = message;
    const { length } = message.text;
    const hasText = message.part("text") !== undefined;
    const part = `p${this.#count}`;
    const value = { list: [size], text: "" };
    switch (kind) {
      case "end":
        return [completed(id, ...message.digests())];
      case "edit":
        return length > 0 ? [splice(id, 0, length, `<${size}>`)] : [];
      case "insert":
        return [inserted(id, size % 2 ? textPart(text, part) : { id: part, kind: "json", value })];
      case "json": {
        const json = message.parts.find((one) => one.kind === "json");
        if (!json) return [];
        const append = {
          op: "splice",
          path: "/text",
          changed_offset: 0,
          removed: 0,
          text,
        } as const;
        const patch = { type: "json_patch", part: json.id, operations: [append] } as const;
        return [{ type: "message_patch", id, parts: [patch] }];
      }
      case "status":
        return [{ type: "message_patch", id, status: size % 2 ? "interrupted" : "streaming" }];
      default:
        return hasText ? [append(id, length, text)] : [];
    }
  }
}

const inserted = (id: string, content: ReturnType<typeof textPart>): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "part_inserted", content }],
});

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  message: fc.nat(5),
  size: fc.nat(12),
});

const plain = (state: ChannelState) => ({
  epoch: state.epoch,
  seq: state.seq,
  attributes: state.attributes,
  messages: state.messages.map((message) => message.snapshot()),
});

test("whatever happens on the way, the store has the channel in the end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
      const simulation = new Simulation();
      for (const one of steps) await simulation.step(one);
      await simulation.settle();
      const { channel } = simulation;
      expect(channel.archive.isSettled).toBe(true);
      if (channel.state.seq === 0 && (await channel.store.load("c")) === undefined) return;
      expect(plain(await channel.stored())).toEqual(plain(channel.state));
      expect(channel.take()).toBeUndefined();
      await channel.reopen(channel.state);
      expect(channel.take()).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});
