import { CommandResults } from "@deltawire/encoder";
import type { CommandResultFrame } from "@deltawire/spec";
import {
  type AwayRow,
  commandKey,
  type DeskSnapshot,
  type Taking,
  type WaitingRow,
} from "./command-entry.js";

/** What changes while commands come and go. */
interface Present {
  /** In the order in which they were asked. */
  readonly waiting: Map<string, WaitingRow>;
  /** Producers that are attached and take commands, the one that attached last as the last. */
  readonly takers: Map<string, Taking>;
  readonly away: Map<string, AwayRow>;
  /** The first time that something is due, once somebody has asked for it. */
  dueAt?: number;
}

/** What is known of a channel's commands. A fork shares it until one of the two changes it. */
export class CommandMemory {
  #present: Present = { waiting: new Map(), takers: new Map(), away: new Map() };
  #results = new CommandResults();
  #isPresentShared = false;
  #areResultsShared = false;

  static restore({ waiting, takers, away, results }: DeskSnapshot): CommandMemory {
    const memory = new CommandMemory();
    memory.#present = {
      waiting: new Map(waiting.map((row) => [commandKey(row.frame.by, row.frame.id), row])),
      takers: new Map(takers.map((row) => [row.producer, row])),
      away: new Map(away.map((row) => [row.producer, row])),
    };
    for (const { key, frame } of results) memory.#results.remember(key, frame);
    return memory;
  }

  snapshot(): DeskSnapshot {
    const { waiting, takers, away } = this.#present;
    return {
      waiting: [...waiting.values()],
      takers: [...takers.values()],
      away: [...away.values()],
      results: [...this.#results.entries].map(([key, frame]) => ({ key, frame })),
    };
  }

  fork(): CommandMemory {
    const fork = new CommandMemory();
    fork.#present = this.#present;
    fork.#results = this.#results;
    for (const memory of [this, fork]) {
      memory.#isPresentShared = true;
      memory.#areResultsShared = true;
    }
    return fork;
  }

  get waiting(): ReadonlyMap<string, WaitingRow> {
    return this.#present.waiting;
  }

  get takers(): ReadonlyMap<string, Taking> {
    return this.#present.takers;
  }

  get away(): ReadonlyMap<string, AwayRow> {
    return this.#present.away;
  }

  /** When the waiting for a producer or an answer ends first. */
  get dueAt(): number | undefined {
    const { waiting, away, dueAt } = this.#present;
    if (waiting.size + away.size === 0) return undefined;
    if (dueAt !== undefined) return dueAt;
    let first = Number.POSITIVE_INFINITY;
    for (const command of waiting.values()) first = Math.min(first, command.dueAt);
    for (const { until } of away.values()) first = Math.min(first, until);
    this.#present.dueAt = first;
    return first;
  }

  result(key: string): CommandResultFrame | undefined {
    return this.#results.get(key);
  }

  /** The same, to change it. */
  own(): Omit<Present, "dueAt"> {
    const { waiting, takers, away } = this.#present;
    if (this.#isPresentShared) {
      this.#present = { waiting: new Map(waiting), takers: new Map(takers), away: new Map(away) };
    }
    this.#isPresentShared = false;
    delete this.#present.dueAt;
    return this.#present;
  }

  remember(key: string, result: CommandResultFrame): void {
    if (this.#areResultsShared) this.#results = new CommandResults(this.#results);
    this.#areResultsShared = false;
    this.#results.remember(key, result);
  }
}
