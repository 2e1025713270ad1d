import {
  type CommandFrame,
  type CommandResultFrame,
  type MessageError,
  unreachable,
} from "@deltawire/spec";
import {
  type AnsweredEntry,
  type AskedEntry,
  type AwayEntry,
  type CommandEffect,
  type CommandEntry,
  commandKey,
  type DeskSnapshot,
  isSameTaking,
  type Taking,
  type WaitingRow,
} from "./command-entry.js";
import { CommandMemory } from "./command-memory.js";

/** Commands of a channel that wait for an answer. */
const MAX_WAITING = 256;

/** Producers that are waited for. */
const MAX_AWAY = 1024;

/** Milliseconds that a command waits for its answer: where it states none, and at most. */
const DEFAULT_TIMEOUT = 30_000;
const MAX_TIMEOUT = 600_000;

/** Milliseconds that a command waits for its answer. */
export const timeoutOf = ({ timeout = DEFAULT_TIMEOUT }: CommandFrame): number =>
  Math.min(timeout, MAX_TIMEOUT);

/** The producer that has a message now. */
export type OwnerOf = (message: string) => string | undefined;

/**
 * The commands of a channel: who gets them, and what became of them. Pure, and the same on every
 * server: what happens comes in as entries, in the order of the channel's log, and what has to be
 * sent comes out. So what an entry does is part of the log's format.
 *
 * 1. An id of a principal is one command however often it is asked: delivered once to each run of a
 *    producer's attachment, and answered with one result. Results are remembered up to a bound.
 * 2. A producer gets its commands in the order in which they were asked first.
 * 3. A command about a message goes to the message's owner, if that takes commands, and waits for
 *    a message that is not there, and for an owner that is away. Any other goes to the producer
 *    that attached last of those that take commands, and stays with it until its lease ends.
 * 4. Each command ends: by the producer's result, or by its timeout. The first one counts.
 * 5. The same entries give the same effects; one that is no news changes nothing.
 */
export class CommandDesk {
  readonly #channel: string;
  readonly #memory: CommandMemory;

  /** @param memory what is known already; nothing by default */
  constructor(channel: string, memory: CommandMemory = new CommandMemory()) {
    this.#channel = channel;
    this.#memory = memory;
  }

  /** One that goes on from a snapshot. */
  static restore(channel: string, snapshot: DeskSnapshot): CommandDesk {
    return new CommandDesk(channel, CommandMemory.restore(snapshot));
  }

  /** All that it knows, as plain data. */
  snapshot(): DeskSnapshot {
    return this.#memory.snapshot();
  }

  /** One that knows the same and goes its own way. Costs nothing until one of the two changes. */
  fork(): CommandDesk {
    return new CommandDesk(this.#channel, this.#memory.fork());
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.#memory.waiting.size === 0;
  }

  /**
   * When an `expired` is due, in milliseconds of the channel's clock; undefined while there is
   * nothing to wait for.
   */
  get dueAt(): number | undefined {
    return this.#memory.dueAt;
  }

  /**
   * Whether an entry changes anything. One that does not needs no place in the log: what comes of
   * it is for the server that has it alone.
   */
  isNews(entry: CommandEntry): boolean {
    const { waiting, takers, away } = this.#memory;
    switch (entry.type) {
      case "asked": {
        const key = commandKey(entry.by, entry.frame.id);
        return waiting.size < MAX_WAITING && !waiting.has(key) && !this.#memory.result(key);
      }
      case "taking": {
        const known = takers.get(entry.producer) ?? away.get(entry.producer);
        return known === undefined || known.token <= entry.token;
      }
      case "away":
        return this.#takes(entry);
      case "answered": {
        const command = waiting.get(commandKey(entry.frame.by, entry.frame.id));
        const isAnswer = entry.frame.status !== "accepted";
        return isAnswer && command?.taker === entry.producer && this.#takes(entry);
      }
      case "expired":
        return (this.dueAt ?? Number.POSITIVE_INFINITY) <= entry.now;
      default:
        return unreachable(entry);
    }
  }

  /** Something happens. */
  apply(entry: CommandEntry, ownerOf: OwnerOf): Effects {
    if (entry.type === "asked") return this.#ask(entry, ownerOf);
    if (!this.isNews(entry)) return [];
    switch (entry.type) {
      case "taking":
        return this.#take(entry, ownerOf);
      case "away":
        return this.#leave(entry, ownerOf);
      case "answered":
        return this.#resolve(entry);
      case "expired":
        return this.#expire(entry.now, ownerOf);
      default:
        return unreachable(entry);
    }
  }

  /** Delivers what nobody has and somebody takes by now: a message may have got its owner. */
  offer(ownerOf: OwnerOf): Effects {
    return this.#deliver(this.#memory.waiting.values(), ownerOf);
  }

  /** A producer has left, or its server is gone: as if it had said that it is away. */
  left(producer: string, until: number, ownerOf: OwnerOf): Effects {
    const taker = this.#memory.takers.get(producer);
    return taker ? this.#leave({ type: "away", ...taker, until }, ownerOf) : [];
  }

  #takes(taking: Taking): boolean {
    const taker = this.#memory.takers.get(taking.producer);
    return taker !== undefined && isSameTaking(taker, taking);
  }

  #ask(entry: AskedEntry, ownerOf: OwnerOf): Effects {
    const { by, frame: asked, now } = entry;
    const { id } = asked;
    const key = commandKey(by, id);
    const result = this.#memory.result(key);
    if (result) return [{ is: "answer", key, frame: result, isEnd: false }];
    const isKnown = this.#memory.waiting.has(key);
    if (!isKnown && !this.isNews(entry)) {
      const message = `${MAX_WAITING} commands of ${this.#channel} wait for an answer already`;
      const frame = this.#failure(id, { code: "overloaded", message });
      return [{ is: "answer", key, frame, isEnd: true }];
    }
    const frame = this.#result(id, "accepted");
    const accepted: CommandEffect = { is: "answer", key, frame, isEnd: false };
    if (isKnown) return [accepted];
    const { by: _, ...stated } = asked;
    const named: CommandFrame = by === undefined ? stated : { ...stated, by };
    const command: WaitingRow = { frame: named, dueAt: now + timeoutOf(asked) };
    this.#memory.own().waiting.set(key, command);
    return [accepted, ...this.#deliver([command], ownerOf)];
  }

  #take({ producer, token, server }: Taking, ownerOf: OwnerOf): Effects {
    const { takers } = this.#memory.own();
    takers.delete(producer);
    takers.set(producer, { producer, token, ...(server !== undefined && { server }) });
    return this.#release(producer, ownerOf);
  }

  #leave({ producer, token, server, until }: AwayEntry, ownerOf: OwnerOf): Effects {
    const { takers, away } = this.#memory.own();
    takers.delete(producer);
    if (away.size >= MAX_AWAY) return this.#release(producer, ownerOf);
    away.set(producer, { producer, token, ...(server !== undefined && { server }), until });
    return [];
  }

  /** What a producer has is for whoever may take it now. */
  #release(producer: string, ownerOf: OwnerOf): Effects {
    const { away, waiting } = this.#memory.own();
    away.delete(producer);
    for (const [key, { taker, ...command }] of waiting) {
      if (taker === producer) waiting.set(key, command);
    }
    return this.offer(ownerOf);
  }

  #resolve({ frame: { id, by, status, value, error } }: AnsweredEntry): Effects {
    const outcome =
      status === "failed"
        ? this.#failure(id, error ?? { code: "internal" })
        : this.#result(id, status, value === undefined ? {} : { value });
    return [this.#end(commandKey(by, id), outcome)];
  }

  #expire(now: number, ownerOf: OwnerOf): Effects {
    const effects: CommandEffect[] = [];
    for (const { producer, until } of [...this.#memory.away.values()]) {
      if (until <= now) effects.push(...this.#release(producer, ownerOf));
    }
    for (const [key, command] of [...this.#memory.waiting]) {
      if (command.dueAt > now) continue;
      const error = this.#why(command, ownerOf);
      effects.push(this.#end(key, this.#failure(command.frame.id, error)));
    }
    return effects;
  }

  /** Why a command has no answer. */
  #why({ taker, frame: { name, message } }: WaitingRow, ownerOf: OwnerOf): MessageError {
    const isUnknown = message !== undefined && ownerOf(message) === undefined;
    if (taker === undefined && isUnknown) {
      const what = `${name}: ${this.#channel} has no message ${message}, and none came in time`;
      return { code: "unknown_message", message: what };
    }
    const what =
      taker === undefined
        ? `no producer that takes commands of ${this.#channel} came in time`
        : `producer ${taker} has the command and did not answer in time`;
    return { code: "timeout", message: `${name}: ${what}` };
  }

  #end(key: string, frame: CommandResultFrame): CommandEffect {
    this.#memory.own().waiting.delete(key);
    this.#memory.remember(key, frame);
    return { is: "answer", key, frame, isEnd: true };
  }

  #deliver(commands: Iterable<WaitingRow>, ownerOf: OwnerOf): Effects {
    const { takers } = this.#memory;
    if (takers.size === 0) return [];
    const effects: CommandEffect[] = [];
    const latest = [...takers.values()].at(-1);
    for (const { frame, dueAt, taker } of [...commands]) {
      const to = taker === undefined ? this.#takerOf(frame, latest, ownerOf) : undefined;
      if (to === undefined) continue;
      const row = { frame, dueAt, taker: to.producer };
      this.#memory.own().waiting.set(commandKey(frame.by, frame.id), row);
      effects.push({ is: "deliver", to, frame });
    }
    return effects;
  }

  /** Who gets a command; undefined where it has to wait. */
  #takerOf(
    { message }: CommandFrame,
    latest: Taking | undefined,
    ownerOf: OwnerOf,
  ): Taking | undefined {
    if (message === undefined) return latest;
    const owner = ownerOf(message);
    if (owner === undefined || this.#memory.away.has(owner)) return undefined;
    return this.#memory.takers.get(owner) ?? latest;
  }

  #result(
    id: string,
    status: CommandResultFrame["status"],
    more: Pick<CommandResultFrame, "value" | "error"> = {},
  ): CommandResultFrame {
    return { type: "command_result", channel: this.#channel, id, status, ...more };
  }

  #failure(id: string, error: MessageError): CommandResultFrame {
    return this.#result(id, "failed", { error });
  }
}

type Effects = readonly CommandEffect[];
