import type { ChannelState } from "@deltawire/protocol/state";
import type {
  Change,
  DeltawireError,
  JsonObject,
  MessageError,
  ProducingFrame,
  Refusal,
} from "@deltawire/spec";
import { endChannel } from "./closing.js";
import { DrainTimer } from "./drain-timer.js";
import { Encoder } from "./encoder.js";
import { type EventOptions, EventWriter, isWritten, type WrittenEvent } from "./event-writer.js";
import { beginningOf, Generations, refusalOf } from "./generations.js";
import { copyOf } from "./json-copy.js";
import { assign } from "./json-operations.js";
import { MessageWriter } from "./message-writer.js";
import type { OutboxBounds } from "./outbox.js";
import { Production } from "./production.js";
import { type Author, quietly, Waiters, type Writing } from "./waiters.js";
import type { WriteOptions, WriterHost } from "./writer-host.js";

/**
 * Writes messages of one channel: an {@link Encoder}, its clock, and what waits for the server.
 *
 * Connections may come and go: {@link connected}, {@link attached}, {@link detached}. Writing goes
 * on meanwhile, and every promise stays pending until the log holds what it is for, or {@link fail}.
 */
export class ChannelWriter {
  readonly name: string;
  readonly #host: WriterHost;
  readonly #encoder: Encoder;
  readonly #production: Production;
  readonly #open = new Map<string, Writing & { readonly writer: MessageWriter }>();
  readonly #generations: Generations;
  readonly #waiters = new Waiters();
  #acknowledged = 0;
  /** Whether everything was stated whole, since a frame was refused that names no message. */
  #isDistrusted = false;
  readonly #timer: DrainTimer;
  readonly #events: EventWriter;
  #error: DeltawireError | undefined;

  /**
   * @param throttle milliseconds, see {@link Encoder}
   * @param bounds for tests
   * @throws DeltawireError `malformed` where the throttle is no number of milliseconds
   */
  constructor(name: string, host: WriterHost, throttle?: number, bounds?: OutboxBounds) {
    this.name = name;
    this.#host = host;
    this.#timer = new DrainTimer(host.clock, throttle, () => this.drain());
    this.#encoder = new Encoder(name, throttle === undefined ? {} : { throttle }, bounds);
    this.#generations = new Generations(name);
    const begin = (id: string) => this.#next(id);
    const kept = { encoder: this.#encoder, waiters: this.#waiters, generations: this.#generations };
    this.#events = new EventWriter({ ...kept, begin }, host, throttle);
    this.#production = this.#attaching();
    if (!this.#production.isAttached) this.#encoder.suspend();
  }

  #attaching(): Production {
    const writer = this;
    const { clock, identity } = this.#host;
    return new Production({
      name: this.name,
      clock,
      ...(identity &&
        this.#host.produce && {
          ask: (frame) => this.#host.produce?.({ ...frame, ...identity }),
        }),
      get acknowledged() {
        return writer.#acknowledged;
      },
      get hasReason() {
        return writer.#open.size > 0 || !writer.#waiters.isEmpty || !writer.#encoder.isSettled;
      },
      suspend: () => this.#encoder.suspend(),
      resume: (seq, forgotten, refused) => this.#resume(seq, forgotten, refused),
    });
  }

  /** What is written here; a message leaves it once it has ended and the log holds it. */
  get state(): ChannelState {
    return this.#encoder.state;
  }

  /**
   * Begins a message, or goes on with one that this writer has begun. One that the log has, open,
   * of another writer becomes what is written here.
   *
   * @throws DeltawireError `message_final` or `message_removed` where it has ended and `reopen` is
   *   not given; `malformed` and its like for what the protocol does not take
   */
  write(id: string, options: WriteOptions = {}): MessageWriter {
    const open = this.#open.get(id);
    if (open) return open.writer;
    this.change(beginningOf(id, this.#next(id, options.reopen), options));
    const writer = new MessageWriter(this, id);
    this.#open.set(id, { writer, since: this.#encoder.seq });
    this.#generations.begun(id);
    return writer;
  }

  /** The generation in which a message that is not written begins. */
  #next(id: string, reopen = false): number {
    if (this.#open.has(id)) throw isWritten(id, this.name);
    const known = this.state.message(id)?.generation ?? this.#host.generationOf?.(id);
    return this.#generations.next(id, known, reopen);
  }

  /**
   * Writes a message that is complete at once. Events go together: a frame is due 50 ms after the
   * one before, or once 10 of them wait.
   *
   * @throws DeltawireError as {@link write}
   */
  event(kind: string, options: EventOptions = {}): WrittenEvent {
    if (this.#error) throw this.#error;
    const event = this.#events.write(kind, options);
    this.#production.want();
    this.#schedule();
    return event;
  }

  /**
   * Makes these the channel's attributes, of those that this writer has set; only what differs
   * travels, and it applies whatever other writers have done to theirs.
   */
  setAttributes(attributes: JsonObject): void {
    const operations = assign(this.state.attributes, copyOf(attributes));
    if (operations.length > 0) this.change({ type: "channel_patch", attributes: operations });
  }

  /**
   * Ends the channel: nothing can be written to it any more, by anybody. Resolves when the server
   * has it; then whatever was still open here is lost. What is too long is cut to the bound.
   *
   * @param error what went wrong, where the channel has failed
   */
  end(reason?: string, error?: MessageError): Promise<void> {
    return quietly(endChannel(this, reason, error));
  }

  /** Ends every message that is open here: well, or with an error. */
  endOpen(error?: MessageError): void {
    for (const { writer } of [...this.#open.values()]) {
      void quietly(error ? writer.fail(error) : writer.complete());
    }
  }

  /** Makes changes, as they are, all or none; the writers above are made of this. */
  change(...changes: readonly Change[]): void {
    if (this.#error) throw this.#error;
    this.#encoder.change(...changes);
    this.#production.want();
    this.#schedule();
  }

  /** Sends everything now. Resolves when the log holds it. */
  flush(): Promise<void> {
    return this.#flush(undefined);
  }

  /** A message has ended by its writer's own doing; for the writer. Otherwise like {@link flush}. */
  ended(writer: MessageWriter): Promise<void> {
    const code = this.state.message(writer.id) ? "message_final" : "message_removed";
    this.#generations.ended(writer.id, writer.message.generation, code);
    const open = this.#open.get(writer.id);
    if (open?.writer !== writer) return this.#flush({ writer, since: this.#encoder.seq });
    this.#open.delete(writer.id);
    return this.#flush(open);
  }

  #flush(ending: Writing | undefined): Promise<void> {
    if (this.#error) return quietly(Promise.reject(this.#error));
    const seq = this.#encoder.flush();
    if (seq !== undefined && seq <= this.#acknowledged) return Promise.resolve();
    const flushed = this.#waiters.wait(seq, ending);
    this.#production.want();
    this.#schedule();
    return flushed;
  }

  /** There is a connection. Asks for an attachment, now or once there is something to write. */
  connected(): void {
    if (!this.#error) this.#production.connected();
  }

  /** The answer to `produce`: what the log does not have goes out. */
  attached(producing: ProducingFrame): void {
    if (!this.#error) this.#production.attached(producing);
  }

  #resume(seq: number, forgotten: boolean, refused: readonly Refusal[]): void {
    const lost = forgotten || seq < this.#acknowledged || seq > this.#encoder.seq;
    if (lost) this.#acknowledged = seq;
    else this.acknowledge(seq, refused);
    this.#waiters.unnumber();
    const { frames, after } = this.#encoder.resume({ seq, forgotten: lost || this.#isDistrusted });
    if (frames.length > 0) this.#host.send(frames, after);
    this.#number();
    this.#schedule();
  }

  /** The connection is gone; writing goes on. */
  detached(): void {
    if (this.#error) return;
    this.#production.detached();
    this.#schedule();
  }

  /** Commands of this channel may come here: says so with each `produce`. */
  acceptCommands(): void {
    if (!this.#error) this.#production.acceptCommands();
  }

  /** The log holds everything up to a version, but for what it refused. */
  acknowledge(seq: number, refused: readonly Refusal[] = []): void {
    for (const refusal of refused) {
      const { message: id } = refusal;
      const error = refusalOf(this.name, refusal);
      this.#lose(error, ({ writer, since }) => writer.id === id && since < seq);
    }
    if (seq > this.#acknowledged) {
      this.#acknowledged = seq;
      this.#isDistrusted = false;
      this.#production.progressed();
    }
    this.#settle(seq);
    this.#encoder.acknowledge(seq);
    this.#number();
    this.#schedule();
  }

  /** Whether what is kept of a message is what its writer has left. */
  #has({ id, message }: Author): boolean {
    return this.state.message(id)?.generation === message.generation;
  }

  /** Those who wait for a version that the log holds wait no more; what has ended is let go of. */
  #settle(seq: number): void {
    const ended = this.#waiters.acknowledge(seq).filter(({ writer }) => this.#has(writer));
    this.#encoder.forget(new Set(ended.map(({ writer }) => writer.id)));
  }

  /** Those who wait for a frame that was not made learn of it; it may be acknowledged by now. */
  #number(): void {
    if (!this.#waiters.areUnnumbered) return;
    this.#waiters.number(this.#encoder.flush());
    this.#settle(this.#acknowledged);
  }

  /** Ends messages that the log does not take. */
  #lose(error: DeltawireError, isLost: (writing: Writing) => boolean): void {
    const lost: Writing[] = [...this.#open.values()].filter(isLost);
    for (const { writer } of lost) this.#open.delete(writer.id);
    lost.push(...this.#waiters.reject(error, isLost));
    for (const { writer } of lost) {
      const { id, message } = writer;
      writer.end({ reason: "lost", error });
      if (this.#has(writer)) this.#encoder.forget(new Set([id]));
      else if (this.state.message(id)) continue; // it was begun again since
      this.#encoder.distrust(id);
      this.#generations.refused(id, message.generation, error.code);
    }
  }

  /**
   * The server has answered with an error of this channel. Unless it says to stop, the writer
   * attaches anew: what was refused is stated whole, and given up when that is refused as well.
   */
  rejected(error: DeltawireError): void {
    if (this.#error) return;
    const final = error.group === "stop" || !this.#host.produce;
    if (final || (!this.#production.isAttached && this.#production.refused(error))) {
      this.fail(error);
      return;
    }
    if (!this.#production.isAttached) return;
    if (error.code !== "gap" && error.group !== "retry") this.#blame(error);
    if (!this.#error) this.#production.again(error);
  }

  #blame(error: DeltawireError): void {
    const id = this.#encoder.messageAt(this.#acknowledged, error.path);
    if (id === undefined) {
      if (this.#isDistrusted) this.fail(error);
      this.#isDistrusted = true;
    } else if (this.#encoder.isDistrusted(id)) {
      this.#lose(error, ({ writer }) => writer.id === id);
      this.#production.progressed();
    } else this.#encoder.distrust(id);
  }

  /**
   * A consumer asks to stop: aborts the signal of a message, or of each that is open. Returns
   * whether somebody has asked for one of them.
   */
  stop(message?: string): boolean {
    const meant = [...this.#open].filter(([id]) => message === undefined || message === id);
    return meant.map(([, { writer }]) => writer.stop()).includes(true);
  }

  /** For the message writers. */
  watched(): void {
    this.#host.watched?.();
  }

  /** Ends all writing: what is not acknowledged is lost, and every writer learns why. */
  fail(error: DeltawireError): void {
    if (this.#error) return;
    this.#error = error;
    this.#timer.stop();
    this.#production.detached();
    const lost: Writing[] = [...this.#open.values()];
    this.#open.clear();
    lost.push(...this.#waiters.fail(error));
    for (const { writer } of lost) writer.end({ reason: "lost", error });
  }

  /** Sends what is due; called by the clock, and by who cannot wait for it. */
  drain(): void {
    if (this.#error) return;
    const frames = this.#encoder.take(this.#host.clock.now());
    if (frames.length > 0) this.#host.send(frames);
    this.#timer.drained(frames.length > 0);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer.set(this.#error ? undefined : this.#encoder.dueAt);
  }
}
