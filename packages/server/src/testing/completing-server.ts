import { Message } from "@deltawire/protocol";
import { type Mock, vi } from "vitest";
import type { CompletedEvent, CompletedListener } from "../completion-worker.js";
import { Completions } from "../completions.js";
import type { Ended } from "../engine/entry.js";
import { textPart } from "./changes.js";
import { FakeClock } from "./fake-clock.js";
import { settle } from "./saving-server.js";

/** A message that has ended. */
export const messageOf = (id: string, generation = 0): Message =>
  Message.of({ id, generation, role: "r", status: "completed", parts: [textPart(id)] });

/** A server, and what its channels have pending. */
export class CompletingServer {
  readonly clock: FakeClock = new FakeClock();
  readonly listeners: Set<CompletedListener> = new Set();
  readonly report: Mock<(error: unknown) => void> = vi.fn();
  readonly events: CompletedEvent[] = [];
  readonly done: Ended[] = [];
  readonly pending: Map<string, Map<string, number>> = new Map();
  readonly messages: Map<string, Message> = new Map();
  /** Messages whose end the store does not have. */
  readonly unsaved: Set<string> = new Set();
  readonly completions: Completions = new Completions({
    clock: this.clock,
    random: () => 0,
    listeners: this.listeners,
    report: this.report,
  });

  constructor(...names: string[]) {
    this.listeners.add((event) => this.events.push(event));
    for (const name of names) this.keep(name);
  }

  keep(name: string): void {
    const pending = this.pending.get(name) ?? new Map<string, number>();
    this.pending.set(name, pending);
    this.completions.keep({
      name,
      get pending() {
        return [...pending].map(([id, generation]) => ({ id, generation }));
      },
      message: (id) => this.messages.get(id),
      isSaved: ({ id }) => !this.unsaved.has(id),
      done: (ended) => this.done.push(ended),
    });
  }

  /** A message ends, seen by this server. */
  end(name: string, id: string, generation = 0): void {
    const message = messageOf(id, generation);
    this.messages.set(id, message);
    this.pending.get(name)?.set(id, generation);
    this.completions.completed(name, message);
  }

  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= 1000) {
      this.clock.advance(Math.min(1000, left));
      await settle();
      this.clock.advance(0);
      await settle();
    }
  }

  get told(): string[] {
    return this.events.map(({ message }) => message.id);
  }
}
