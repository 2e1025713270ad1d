import { apply, ChannelState } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import { Archive } from "../engine/archive.js";
import { restore } from "../engine/archive-restore.js";
import type { ChannelSave, MessageSave, StoredChannel } from "../store.js";
import { MemoryStore } from "./memory-store.js";

const NOTHING: StoredChannel = { epoch: "", seq: 0, attributes: {}, messages: [] };

/** A channel, its archive, and a store. */
export class ArchivedChannelFixture {
  readonly store = new MemoryStore();
  state: ChannelState;
  archive: Archive;

  constructor(state: ChannelState = ChannelState.of("e")) {
    this.state = state;
    this.archive = new Archive("c", undefined, state);
  }

  write(...changes: Change[]): void {
    const { seq } = this.state;
    const frame = { type: "changes", channel: "c", from: seq, to: seq + 1, changes } as const;
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
    return restore((await this.store.load("c")) ?? NOTHING).state;
  }

  /** Another server goes on with it, from what the store has. */
  async reopen(state: ChannelState): Promise<void> {
    const stored = await this.store.load("c");
    this.state = state;
    this.archive = new Archive("c", stored && restore(stored), state);
  }
}
