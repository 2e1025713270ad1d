import type { Clock } from "@deltawire/encoder";
import { type ChannelState, CodecContext, type Message, SharedFrame } from "@deltawire/protocol";
import type {
  ChangesFrame,
  CheckpointFrame,
  DeltawireError,
  ProducingFrame,
  SubscribedFrame,
  SubscribeFrame,
} from "@deltawire/spec";
import { type Appended, ChannelEngine, fenced } from "./engine/channel-engine.js";

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

/** One who writes to a channel under a producer's id: a connection, or a writer in this process. */
export interface Attachment {
  /** A later attachment of the same producer has taken its place. */
  fence(error: DeltawireError): void;
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
  /** Who is attached now, by producer. */
  readonly #attachments = new Map<string, Attachment>();
  #compact = 0;
  /** There only while somebody takes MessagePack. */
  #context: CodecContext | undefined;
  /** The text that changed last, and the frames since its last checkpoint. */
  #latest: { readonly message: string; readonly part: string } | undefined;
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

  /** Whether it holds nothing, and nobody would miss it. */
  get isUnused(): boolean {
    return this.state.seq === 0 && this.#subscribers.size === 0 && this.#attachments.size === 0;
  }

  /** Answers a `subscribe`; every frame after that reaches the subscriber, in order. */
  subscribe(subscriber: Subscriber, frame: SubscribeFrame): void {
    const { compact } = subscriber;
    if (compact) this.#context ??= CodecContext.of(this.state);
    const context = compact ? this.#context : undefined;
    const [answer, ...frames] = this.#engine.answer(frame, compact);
    subscriber.answer(answer);
    for (const next of frames) subscriber.deliver(new SharedFrame(next, context));
    if (!this.#subscribers.has(subscriber) && compact) this.#compact += 1;
    this.#subscribers.add(subscriber);
  }

  unsubscribe(subscriber: Subscriber): void {
    if (this.#subscribers.delete(subscriber) && subscriber.compact) this.#compact -= 1;
    if (this.#compact === 0) this.#context = undefined;
  }

  /** A producer begins to write; who was attached in its name until now is fenced, and told so. */
  attach(producer: string, attachment: Attachment): ProducingFrame {
    const earlier = this.#attachments.get(producer);
    this.#attachments.set(producer, attachment);
    const producing = this.#engine.attach(producer);
    if (earlier && earlier !== attachment) earlier.fence(fenced(this.#name, producer));
    return producing;
  }

  /** A producer is gone; what it has written stays as it is. */
  detach(producer: string, attachment: Attachment): void {
    if (this.#attachments.get(producer) === attachment) this.#attachments.delete(producer);
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
    for (const change of frame.changes) {
      const part = change.type === "message_patch" ? change.parts?.at(-1) : undefined;
      if (part?.type === "text_splice" && "id" in change) {
        this.#latest = { message: change.id, part: part.part };
      }
      const message =
        change.type === "message_completed" ? this.state.message(change.id) : undefined;
      if (message?.isFinal) this.#onCompleted(message);
    }
    if (this.#unchecked >= CHECKPOINT_FRAMES) this.#checkpoint();
    this.#cancelTimer ??= this.#clock.after(CHECKPOINT_SILENCE, () => this.#onSilence());
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

  /** States what the text that changed last must be by now. */
  #checkpoint(): void {
    const { message: id, part: partId } = this.#latest ?? {};
    this.#latest = undefined;
    this.#unchecked = 0;
    if (id === undefined || partId === undefined || this.#subscribers.size === 0) return;
    const message = this.state.message(id);
    const part = message?.isFinal ? undefined : message?.part(partId);
    if (part?.kind !== "text") return;
    this.#fanOut({
      type: "checkpoint",
      channel: this.#name,
      seq: this.state.seq,
      message: id,
      part: partId,
      length: part.content.length,
      crc32: part.content.crc32(),
    });
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer?.();
  }
}
