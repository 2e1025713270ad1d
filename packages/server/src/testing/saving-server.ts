import type { Change } from "@deltawire/spec";
import { expect, type Mock, vi } from "vitest";
import type { ChannelSave, SaveAnswer, Store } from "../store.js";
import { WriteBehind } from "../write-behind.js";
import { ArchivedChannelFixture } from "./archived-channel.js";
import { FakeClock } from "./fake-clock.js";
import { MemoryStore } from "./memory-store.js";

/** A server's channels, and a store that counts. */
export class SavingServer {
  readonly clock: FakeClock = new FakeClock();
  readonly memory: MemoryStore = new MemoryStore();
  readonly saves: (readonly ChannelSave[])[] = [];
  readonly times: number[] = [];
  loads = 0;
  readonly onFailing: Mock<(error: unknown) => void> = vi.fn();
  readonly onRecovered: Mock<() => void> = vi.fn();
  readonly answers: (readonly [string, SaveAnswer])[] = [];
  readonly channels: Map<string, ArchivedChannelFixture> = new Map();
  /** Channels that no save with them in it is taken of. */
  readonly refused: Set<string> = new Set();
  readonly store: Store = {
    load: (channel) => {
      this.loads += 1;
      return this.memory.load(channel);
    },
    save: async (saves) => {
      this.saves.push(saves);
      this.times.push(this.clock.now());
      if (saves.some(({ channel }) => this.refused.has(channel))) throw new Error("refused");
      return this.memory.save(saves);
    },
    page: (channel, page) => this.memory.page(channel, page),
    delete: (channel) => this.memory.delete(channel),
  };
  readonly writeBehind: WriteBehind = new WriteBehind(this.store, {
    clock: this.clock,
    random: () => 0,
    onFailing: this.onFailing,
    onRecovered: this.onRecovered,
  });

  keep(name = "c"): ArchivedChannelFixture {
    const channel = new ArchivedChannelFixture(name, this.memory);
    this.channels.set(name, channel);
    this.bring(channel);
    return channel;
  }

  bring(channel: ArchivedChannelFixture): void {
    const { name, archive } = channel;
    const onAnswered = (answer: SaveAnswer) => this.answers.push([name, answer]);
    this.writeBehind.keep({
      name,
      archive,
      get state() {
        return channel.state;
      },
      onAnswered,
    });
  }

  write(name: string, ...changes: Change[]): void {
    const channel = this.channels.get(name) ?? this.keep(name);
    channel.write(...changes);
    this.writeBehind.changed(name);
  }

  /** Lets time pass, and answers come. */
  async pass(milliseconds: number, step = 1): Promise<void> {
    await settle();
    for (let left = milliseconds; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await settle();
    }
  }

  async stored(name = "c"): Promise<boolean> {
    const stored = await this.channels.get(name)?.stored();
    expect(stored).toEqual(this.channels.get(name)?.state);
    return stored !== undefined;
  }
}

/** Lets promises settle: more of them than any save has. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i += 1) await Promise.resolve();
}
