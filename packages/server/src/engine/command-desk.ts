import { CommandResults } from "@deltawire/encoder";
import type { CommandFrame, CommandResultFrame, MessageError } from "@deltawire/spec";

/** Commands of a channel that wait for an answer. */
const MAX_WAITING = 256;

/** Producers that are waited for. */
const MAX_AWAY = 1024;

/** Milliseconds that a command waits for its answer: where it states none, and at most. */
const DEFAULT_TIMEOUT = 30_000;
const MAX_TIMEOUT = 600_000;

/** What has to be sent, in order. */
export type CommandEffect<Asker> =
  | { readonly is: "answer"; readonly to: Asker; readonly frame: CommandResultFrame }
  | { readonly is: "deliver"; readonly to: string; readonly frame: CommandFrame };

/** A command that waits for its answer. */
interface Command<Asker> {
  readonly frame: CommandFrame;
  readonly dueAt: number;
  /** Who is told the result. */
  readonly askers: Set<Asker>;
  /** The producer that has it. */
  taker?: string;
}

/**
 * The commands of a channel: who gets them, and what became of them. Pure: the time comes in with
 * each call, and what has to be sent comes out.
 *
 * 1. An id of a principal is one command however often it is asked: delivered once to each run of a
 *    producer's attachment, and answered with one result. Results are remembered up to a bound.
 * 2. A producer gets its commands in the order in which they were asked first.
 * 3. A command about a message goes to the message's owner, if that takes commands, and waits for
 *    a message that is not there, and for an owner that is away. Any other goes to the producer that attached last of those that take
 *    commands, and stays with it until its lease ends.
 * 4. Each command ends: by the producer's result, or by its timeout. The first one counts.
 */
export class CommandDesk<Asker> {
  readonly #channel: string;
  readonly #ownerOf: (message: string) => string | undefined;
  readonly #waiting = new Map<string, Command<Asker>>();
  readonly #results = new CommandResults();
  /** Producers that are attached and take commands, the one that attached last as the last. */
  readonly #takers = new Set<string>();
  /** Producers that took commands and may come back, and until when they are waited for. */
  readonly #away = new Map<string, number>();
  readonly #onEnded: (code: string | undefined) => void;

  /**
   * @param ownerOf the producer that has a message now
   * @param onEnded takes note of what became of a command; without a code it is done
   */
  constructor(
    channel: string,
    ownerOf: (message: string) => string | undefined,
    onEnded: (code: string | undefined) => void = () => undefined,
  ) {
    this.#channel = channel;
    this.#ownerOf = ownerOf;
    this.#onEnded = onEnded;
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** When {@link expire} has something to do; undefined while there is nothing to wait for. */
  get dueAt(): number | undefined {
    let dueAt = Number.POSITIVE_INFINITY;
    for (const command of this.#waiting.values()) dueAt = Math.min(dueAt, command.dueAt);
    for (const until of this.#away.values()) dueAt = Math.min(dueAt, until);
    return dueAt === Number.POSITIVE_INFINITY ? undefined : dueAt;
  }

  /** Somebody asks, or asks again. `by` is what the server knows of who it is. */
  ask(asker: Asker, by: string | undefined, asked: CommandFrame, now: number): Effects<Asker> {
    const key = keyOf(by, asked.id);
    const result = this.#results.get(key);
    if (result) return [answer(asker, result)];
    const accepted = answer(asker, this.#result(asked.id, "accepted"));
    const known = this.#waiting.get(key);
    if (known) {
      known.askers.add(asker);
      return [accepted];
    }
    if (this.#waiting.size >= MAX_WAITING) {
      const message = `${MAX_WAITING} commands of ${this.#channel} wait for an answer already`;
      this.#onEnded("overloaded");
      return [answer(asker, this.#failure(asked.id, { code: "overloaded", message }))];
    }
    const { by: _, ...stated } = asked;
    const frame: CommandFrame = by === undefined ? stated : { ...stated, by };
    const dueAt = now + Math.min(asked.timeout ?? DEFAULT_TIMEOUT, MAX_TIMEOUT);
    const command: Command<Asker> = { frame, dueAt, askers: new Set([asker]) };
    this.#waiting.set(key, command);
    return [accepted, ...this.#deliver([command])];
  }

  /** Somebody is gone, and is told nothing any more. What was asked goes on. */
  forget(asker: Asker): void {
    for (const { askers } of this.#waiting.values()) askers.delete(asker);
  }

  /** A producer that takes commands attached, perhaps anew: it gets what it had not answered. */
  attach(producer: string): Effects<Asker> {
    this.#takers.delete(producer);
    this.#takers.add(producer);
    return this.#release(producer);
  }

  /** Its attachment ended: what it has waits for it until then. */
  detach(producer: string, until: number): Effects<Asker> {
    if (!this.#takers.delete(producer)) return [];
    if (this.#away.size >= MAX_AWAY) return this.#release(producer);
    this.#away.set(producer, until);
    return [];
  }

  /** What a producer has is for whoever may take it now. */
  #release(producer: string): Effects<Asker> {
    this.#away.delete(producer);
    for (const command of this.#waiting.values()) {
      if (command.taker === producer) delete command.taker;
    }
    return this.offer();
  }

  /** Delivers what nobody has and somebody takes by now: a message may have got its owner. */
  offer(): Effects<Asker> {
    return this.#deliver(this.#waiting.values());
  }

  /** A producer says what became of a command. Whoever else answered first has answered. */
  resolve(producer: string, stated: CommandResultFrame): Effects<Asker> {
    const { id, by, status, value, error } = stated;
    const command = this.#waiting.get(keyOf(by, id));
    if (command?.taker !== producer || status === "accepted") return [];
    const outcome =
      status === "failed"
        ? this.#failure(id, error ?? { code: "internal" })
        : this.#result(id, status, value === undefined ? {} : { value });
    return this.#end(command, outcome);
  }

  /** Ends the waiting whose time is over: for producers, and for answers. */
  expire(now: number): Effects<Asker> {
    const effects: CommandEffect<Asker>[] = [];
    for (const [producer, until] of this.#away) {
      if (until <= now) effects.push(...this.#release(producer));
    }
    for (const command of [...this.#waiting.values()]) {
      if (command.dueAt > now) continue;
      const error = this.#why(command);
      effects.push(...this.#end(command, this.#failure(command.frame.id, error)));
    }
    return effects;
  }

  /** Why a command has no answer. */
  #why({ taker, frame: { name, message } }: Command<Asker>): MessageError {
    const isUnknown = message !== undefined && this.#ownerOf(message) === undefined;
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

  #end(command: Command<Asker>, result: CommandResultFrame): Effects<Asker> {
    const key = keyOf(command.frame.by, command.frame.id);
    const effects = [...command.askers].map((asker) => answer(asker, result));
    this.#waiting.delete(key);
    this.#onEnded(result.status === "failed" ? (result.error?.code ?? "internal") : undefined);
    this.#results.remember(key, result);
    return effects;
  }

  #deliver(commands: Iterable<Command<Asker>>): Effects<Asker> {
    if (this.#takers.size === 0) return [];
    const effects: CommandEffect<Asker>[] = [];
    const latest = [...this.#takers].at(-1);
    for (const command of commands) {
      if (command.taker !== undefined) continue;
      const taker = this.#takerOf(command, latest);
      if (taker === undefined) continue;
      command.taker = taker;
      effects.push({ is: "deliver", to: taker, frame: command.frame });
    }
    return effects;
  }

  /** Who gets a command; undefined where it has to wait. */
  #takerOf({ frame: { message } }: Command<Asker>, latest: string | undefined): string | undefined {
    if (message === undefined) return latest;
    const owner = this.#ownerOf(message);
    if (owner === undefined || this.#away.has(owner)) return undefined;
    return this.#takers.has(owner) ? owner : latest;
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

type Effects<Asker> = readonly CommandEffect<Asker>[];

function answer<Asker>(to: Asker, frame: CommandResultFrame): CommandEffect<Asker> {
  return { is: "answer", to, frame };
}

/** Ids are anything, so a separator could be part of one. */
const keyOf = (by: string | undefined, id: string): string =>
  `${by?.length ?? ""}:${by ?? ""}${id}`;
