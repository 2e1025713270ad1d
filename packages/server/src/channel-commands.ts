import type { Clock } from "@deltawire/encoder";
import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import { CommandDesk, type CommandEffect } from "./engine/command-desk.js";

/** One who sends commands: a connection, or a caller in this process. */
export interface Asker {
  /** What became of one of them; called again for the same one where it asks again. */
  onResult(frame: CommandResultFrame): void;
}

/** One who carries commands out: a connection, or a writer in this process. */
export interface Taker {
  /** One that is to be carried out; perhaps again. */
  onCommand(frame: CommandFrame): void;
}

/** What {@link ChannelCommands} need of their channel. */
export interface CommandsHost {
  readonly clock: Clock;
  /** Milliseconds that a producer is waited for. */
  readonly lease: number;
  /** The producer that has a message. */
  ownerOf(message: string): string | undefined;
  /** Takes note of what became of a command; without a code it is done. */
  onEnded(code: string | undefined): void;
}

/** The commands of a channel that this server holds, see {@link CommandDesk}. */
export class ChannelCommands {
  readonly #desk: CommandDesk<Asker>;
  readonly #host: CommandsHost;
  readonly #takers = new Map<string, Taker>();
  #dueAt: number | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(channel: string, host: CommandsHost) {
    this.#host = host;
    this.#desk = new CommandDesk(
      channel,
      (message) => host.ownerOf(message),
      (code) => host.onEnded(code),
    );
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.#desk.isIdle;
  }

  /** Somebody asks, or asks again; `by` is the id of its principal, if it has one. */
  ask(asker: Asker, by: string | undefined, frame: CommandFrame): void {
    this.#apply(this.#desk.ask(asker, by, frame, this.#host.clock.now()));
  }

  /** Somebody is gone, and is told nothing any more. */
  forget(asker: Asker): void {
    this.#desk.forget(asker);
  }

  /** A producer takes commands from now on; also when it has attached anew. */
  attach(producer: string, taker: Taker): void {
    this.#takers.set(producer, taker);
    this.#apply(this.#desk.attach(producer));
  }

  /** It does not any more: what it has waits for it while its lease runs. */
  detach(producer: string, taker: Taker): void {
    if (this.#takers.get(producer) !== taker) return;
    this.#takers.delete(producer);
    this.#apply(this.#desk.detach(producer, this.#host.clock.now() + this.#host.lease));
  }

  /** A producer says what became of a command; one that it does not have is ignored. */
  resolve(producer: string, taker: Taker, frame: CommandResultFrame): void {
    if (this.#takers.get(producer) === taker) this.#apply(this.#desk.resolve(producer, frame));
  }

  /** Messages were added: commands may wait for them. */
  offer(): void {
    if (!this.isIdle) this.#apply(this.#desk.offer());
  }

  #apply(effects: readonly CommandEffect<Asker>[]): void {
    this.#schedule();
    for (const effect of effects) {
      if (effect.is === "answer") effect.to.onResult(effect.frame);
      else this.#takers.get(effect.to)?.onCommand(effect.frame);
    }
  }

  #schedule(): void {
    const { dueAt } = this.#desk;
    if (dueAt === this.#dueAt) return;
    const { clock } = this.#host;
    this.close();
    this.#dueAt = dueAt;
    if (dueAt === undefined) return;
    this.#cancelTimer = clock.after(Math.max(1, dueAt - clock.now()), () => {
      this.#dueAt = undefined;
      this.#apply(this.#desk.expire(clock.now()));
    });
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueAt = undefined;
  }
}
