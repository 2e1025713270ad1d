import type { Clock } from "@deltawire/encoder";
import type { CommandFrame, CommandResultFrame, ErrorCode } from "@deltawire/spec";
import { type CommandDesk, timeoutOf } from "./engine/command-desk.js";
import {
  type AskedEntry,
  type CommandEffect,
  type CommandEntry,
  commandKey,
  isSameTaking,
  type Taking,
} from "./engine/command-entry.js";

/** Commands that somebody here waits for. */
const MAX_ASKED = 256;

/** Milliseconds more that are waited here, so that the channel's own answer is there first. */
const GRACE = 5000;

/** Milliseconds after which a channel is told again that time has passed. */
const RETRY = 1000;

/** One who sends commands: a connection, or a caller in this process. */
export interface Asker {
  /** What became of one of them; called again for the same one where it asks again. */
  onResult(frame: CommandResultFrame): void;
}

/** One who carries commands out: a connection, or a writer in this process. */
export interface Taker {
  /** The fencing token of its attachment. */
  readonly token: number;
  /** One that is to be carried out; perhaps again. */
  onCommand(frame: CommandFrame): void;
}

/** What {@link ChannelCommands} need of their channel. */
export interface CommandsHost {
  readonly clock: Clock;
  /** Milliseconds that a producer is waited for. */
  readonly lease: number;
  /** This server, where there are several. */
  readonly server?: string | undefined;
  /** The channel's commands as all know them, to look at. */
  readonly desk: CommandDesk;
  /** Whether it is for this server to say that time has passed. */
  readonly isKeeper: boolean;
  /** Milliseconds of the channel's clock. */
  now(): number;
  /**
   * Hands something that happens to the channel. Once that has it, now or later, it calls
   * {@link ChannelCommands.carryOut}; with no effects where nothing comes of it.
   */
  run(entry: CommandEntry): void;
  /** Takes note of what became of a command; without a code it is done. */
  onEnded(code: string | undefined): void;
}

/** A command that somebody here waits for. */
interface Asked {
  readonly entry: AskedEntry;
  /** Who is told the result, and whether it was told that the command was accepted. */
  readonly askers: Map<Asker, boolean>;
  /** Milliseconds of this server's clock. */
  readonly dueAt: number;
}

/**
 * Who sends commands to a channel here, and who carries them out here. What the channel itself knows
 * of its commands is the same on all servers: see {@link CommandDesk}.
 */
export class ChannelCommands {
  readonly #channel: string;
  readonly #host: CommandsHost;
  readonly #asked = new Map<string, Asked>();
  readonly #takers = new Map<string, Taker>();
  /** What its timer is set for, by the channel's clock and by this server's. */
  #due: { readonly channel?: number | undefined; readonly here?: number | undefined } = {};
  #cancelTimer: (() => void) | undefined;

  constructor(channel: string, host: CommandsHost) {
    this.#channel = channel;
    this.#host = host;
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.#asked.size === 0 && this.#host.desk.isIdle;
  }

  /** Somebody asks, or asks again; `by` is the id of its principal, if it has one. */
  ask(asker: Asker, by: string | undefined, frame: CommandFrame): void {
    const { clock } = this.#host;
    const key = commandKey(by, frame.id);
    let asked = this.#asked.get(key);
    if (!asked && this.#asked.size >= MAX_ASKED) {
      const message = `${MAX_ASKED} commands of ${this.#channel} wait for an answer already`;
      this.#host.onEnded("overloaded");
      this.#fail(asker, frame, "overloaded", message);
      return;
    }
    if (!asked) {
      const who = by === undefined ? {} : { by };
      const entry: AskedEntry = { type: "asked", ...who, frame, now: this.#host.now() };
      asked = { entry, askers: new Map(), dueAt: clock.now() + timeoutOf(frame) + GRACE };
      this.#asked.set(key, asked);
    }
    asked.askers.set(asker, false);
    this.schedule();
    this.#host.run({ ...asked.entry, now: this.#host.now() });
  }

  /** Somebody is gone, and is told nothing any more. What was asked goes on. */
  forget(asker: Asker): void {
    for (const [key, { askers }] of this.#asked) {
      if (askers.delete(asker) && askers.size === 0) this.#asked.delete(key);
    }
    this.schedule();
  }

  /** A producer takes commands from now on; also when it has attached anew. */
  attach(producer: string, taker: Taker): void {
    this.#takers.set(producer, taker);
    this.#host.run({ type: "taking", ...this.#taking(producer, taker) });
  }

  /** A producer was taken for gone, and is there: it takes commands as before, if it did. */
  retake(producer: string): void {
    const taker = this.#takers.get(producer);
    if (taker) this.attach(producer, taker);
  }

  /** It does not any more: what it has waits for it while its lease runs. */
  detach(producer: string, taker: Taker): void {
    if (this.#takers.get(producer) !== taker) return;
    this.#takers.delete(producer);
    const until = this.#host.now() + this.#host.lease;
    this.#host.run({ type: "away", ...this.#taking(producer, taker), until });
  }

  /** A producer says what became of a command; one that it does not have is ignored. */
  resolve(producer: string, taker: Taker, frame: CommandResultFrame): void {
    if (this.#takers.get(producer) !== taker) return;
    this.#host.run({ type: "answered", ...this.#taking(producer, taker), frame });
  }

  #taking(producer: string, { token }: Taker): Taking {
    const { server } = this.#host;
    return { producer, token, ...(server !== undefined && { server }) };
  }

  /**
   * The channel's commands have changed, or an entry of this server has changed nothing.
   *
   * @param isOwn whether this server has brought it about: each end is counted once
   */
  carryOut(effects: readonly CommandEffect[], isOwn: boolean): void {
    for (const effect of effects) {
      if (effect.is === "answer") this.#answer(effect, isOwn);
      else this.#deliver(effect.to, effect.frame);
    }
    this.schedule();
  }

  #answer({ key, frame, isEnd }: CommandEffect & { readonly is: "answer" }, isOwn: boolean): void {
    const { status, error } = frame;
    const isAnswered = status !== "accepted";
    if (isEnd && isOwn) {
      this.#host.onEnded(status === "failed" ? (error?.code ?? "internal") : undefined);
    }
    const asked = this.#asked.get(key);
    if (!asked) return;
    if (isAnswered) this.#asked.delete(key);
    for (const [asker, isTold] of asked.askers) {
      asked.askers.set(asker, true);
      if (isAnswered || !isTold) asker.onResult(frame);
    }
  }

  #deliver(to: Taking, frame: CommandFrame): void {
    const taker = this.#takers.get(to.producer);
    if (taker && isSameTaking(to, this.#taking(to.producer, taker))) taker.onCommand(frame);
  }

  /** The channel has lost its commands: what waits for an answer here is asked again. */
  renew(): void {
    for (const producer of [...this.#takers.keys()]) this.retake(producer);
    for (const { entry } of [...this.#asked.values()]) {
      this.#host.run({ ...entry, now: this.#host.now() });
    }
  }

  /** Sets its timer; to be called when {@link CommandsHost.isKeeper} has changed. */
  schedule(): void {
    const channel = this.#host.isKeeper ? this.#host.desk.dueAt : undefined;
    let here: number | undefined;
    for (const { dueAt } of this.#asked.values()) here = Math.min(here ?? dueAt, dueAt);
    if (channel === this.#due.channel && here === this.#due.here) return;
    this.close();
    this.#due = { channel, here };
    this.#wait(1);
  }

  #wait(atLeast: number): void {
    const { clock } = this.#host;
    const { channel = Number.POSITIVE_INFINITY, here = Number.POSITIVE_INFINITY } = this.#due;
    const delay = Math.min(channel - this.#host.now(), here - clock.now());
    if (delay === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = clock.after(Math.max(atLeast, delay), () => this.#expire());
  }

  #expire(): void {
    const { clock, desk, isKeeper } = this.#host;
    const now = this.#host.now();
    const due = this.#due;
    this.#cancelTimer = undefined;
    if (isKeeper && (desk.dueAt ?? now + 1) <= now) this.#host.run({ type: "expired", now });
    for (const [key, { entry, askers, dueAt }] of [...this.#asked]) {
      if (dueAt > clock.now()) continue;
      this.#asked.delete(key);
      const what = `${entry.frame.name}: no answer of ${this.#channel} came in time; it may still be carried out`;
      for (const asker of askers.keys()) this.#fail(asker, entry.frame, "timeout", what);
    }
    this.schedule();
    // The channel has it not yet: its log may be slow, or its clock.
    if (this.#due === due) this.#wait(RETRY);
  }

  #fail(asker: Asker, { id }: CommandFrame, code: ErrorCode, message: string): void {
    const error = { code, message };
    const channel = this.#channel;
    asker.onResult({ type: "command_result", channel, id, status: "failed", error });
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#due = {};
  }
}
