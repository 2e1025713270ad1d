import type { Clock } from "@deltawire/encoder";
import { type ChannelState, CodecContext, type Message, SharedFrame } from "@deltawire/protocol";
import type {
  ChangesFrame,
  CheckpointFrame,
  ProducingFrame,
  SubscribedFrame,
  SubscribeFrame,
} from "@deltawire/spec";
import { type Appended, ChannelEngine } from "./engine/channel-engine.js";

/** Frames after which a checkpoint is due, and milliseconds of silence before which one is. */
const CHECKPOINT_FRAMES = 512;
const CHECKPOINT_SILENCE = 1000;

/** One who follows a channel: a connection, or a reader in this process. */
export interface Subscriber {
  /** Whether it takes frames as MessagePack. */
  readonly compact: boolean;
  answer(frame: SubscribedFrame): void;
  deliver(frame: SharedFrame): void;
}

/**
 * A channel that this server holds: its engine, its subscribers, and the codec context that they
 * share. A frame is encoded once however many they are.
 */
export class HostedChannel {
  readonly #engine: ChannelEngine;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #onCompleted: (message: Message) => void;
  readonly #subscribers = new Set<Subscriber>();
  #compact = 0;
  /** There only while somebody takes MessagePack. */
  #context: CodecContext | undefined;
  #unchecked = 0;
  #publishedAt = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(name: string, epoch: string, clock: Clock, onCompleted: (message: Message) => void) {
    this.#name = name;
    this.#engine = new ChannelEngine(name, epoch);
    this.#clock = clock;
    this.#onCompleted = onCompleted;
  }

  get state(): ChannelState {
    return this.#engine.state;
  }

  /** Answers a `subscribe`; every frame after that reaches the subscriber, in order. */
  subscribe(subscriber: Subscriber, frame: SubscribeFrame): void {
    const [answer, ...frames] = this.#engine.answer(frame, subscriber.compact);
    if (subscriber.compact) this.#context ??= CodecContext.of(this.#engine.state);
    subscriber.answer(answer);
    const context = subscriber.compact ? this.#context : undefined;
    for (const next of frames) subscriber.deliver(new SharedFrame(next, context));
    if (!this.#subscribers.has(subscriber) && subscriber.compact) this.#compact += 1;
    this.#subscribers.add(subscriber);
  }

  unsubscribe(subscriber: Subscriber): void {
    if (this.#subscribers.delete(subscriber) && subscriber.compact) this.#compact -= 1;
    if (this.#compact === 0) this.#context = undefined;
  }

  attach(producer: string): ProducingFrame {
    return this.#engine.attach(producer);
  }

  /** Appends a producer's frame, and fans out what came of it. See {@link ChannelEngine.append}. */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const appended = this.#engine.append(producer, token, frame);
    if (appended.frame) this.#publish(appended.frame);
    return appended;
  }

  #publish(frame: ChangesFrame): void {
    this.#fanOut(frame);
    this.#unchecked += 1;
    this.#publishedAt = this.#clock.now();
    if (this.#unchecked >= CHECKPOINT_FRAMES) this.#checkpoint();
    this.#cancelTimer ??= this.#clock.after(CHECKPOINT_SILENCE, () => this.#onSilence());
    for (const change of frame.changes) {
      const message =
        change.type === "message_completed" ? this.state.message(change.id) : undefined;
      if (message) this.#onCompleted(message);
    }
  }

  #fanOut(frame: ChangesFrame | CheckpointFrame): void {
    const shared = new SharedFrame(frame, this.#context);
    for (const subscriber of this.#subscribers) subscriber.deliver(shared);
  }

  #onSilence(): void {
    this.#cancelTimer = undefined;
    const wait = this.#publishedAt + CHECKPOINT_SILENCE - this.#clock.now();
    if (wait > 0) this.#cancelTimer = this.#clock.after(wait, () => this.#onSilence());
    else this.#checkpoint();
  }

  /** States what the part at the cursor must be by now. */
  #checkpoint(): void {
    const cursor = this.#unchecked > 0 ? this.#context?.cursor : undefined;
    this.#unchecked = 0;
    if (!cursor) return;
    const part = this.state.message(cursor.message)?.part(cursor.part);
    if (part?.kind !== "text") return;
    this.#fanOut({
      type: "checkpoint",
      channel: this.#name,
      seq: this.state.seq,
      message: cursor.message,
      part: cursor.part,
      length: part.content.length,
      crc32: part.content.crc32(),
    });
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer?.();
  }
}
