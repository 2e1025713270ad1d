import { apply, ChannelState } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import { Archive } from "../engine/archive.js";
import { restore } from "../engine/archive-restore.js";
import type { ChannelSave, MessageSave, StoredChannel } from "../store.js";
import { MemoryStore } from "./memory-store.js";

const NOTHING: StoredChannel = { epoch: "", seq: 0, attributes: {}, messages: [] };

/** A channel, its archive, and a store. */
export class ArchivedChannelFixture {
  readonly name: string;
  readonly store: MemoryStore;
  state: ChannelState = ChannelState.of("e");
  archive: Archive;

  constructor(name = "c", store: MemoryStore = new MemoryStore()) {
    this.name = name;
    this.store = store;
    this.archive = new Archive(name, undefined, this.state);
  }

  write(...changes: Change[]): void {
    const { seq } = this.state;
    const frame = { type: "changes", channel: this.name, from: seq, to: seq + 1, changes } as const;
    this.state = apply(this.state, frame);
    this.archive.changed(frame, this.state);
  }

  take(): ChannelSave | undefined {
    return this.archive.take(this.state);
  }

  async save(): Promise<readonly MessageSave[]> {
    const save = this.take();
    if (!save) return [];
    const [answer = "conflict"] = await this.store.save([save]);
    this.archive.answered(answer);
    return save.messages;
  }

  async stored(): Promise<ChannelState> {
    return restore((await this.store.load(this.name)) ?? NOTHING).state;
  }

  /** Another server goes on with it, from what the store has. */
  async reopen(state: ChannelState): Promise<void> {
    const stored = await this.store.load(this.name);
    this.state = state;
    this.archive = new Archive(this.name, stored && restore(stored), state);
  }
}
