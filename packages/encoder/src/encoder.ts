import { apply, ChannelState } from "@deltawire/protocol/state";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  LIMITS,
  parseDownward,
} from "@deltawire/spec";
import { OUTBOX_BOUNDS, Outbox, type OutboxBounds } from "./outbox.js";
import { Pending } from "./pending.js";
import { statement } from "./statement.js";
import { streamedChange, weightOf } from "./streamed-change.js";
import { DEFAULT_THROTTLE, ThrottleWindow } from "./throttle.js";
import { Unsettled } from "./unsettled.js";
import { FRAME_WEIGHT, weigh } from "./weight.js";

/** Greatest weight of one change: with the head of its frame it is within `max_frame_bytes`. */
const MAX_WEIGHT: number = Math.floor(LIMITS.max_frame_bytes / 6) - 1024;

/** How an {@link Encoder} begins. */
export interface EncoderOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}

/** Where the log is with a producer. */
export interface ResumePoint {
  /** The last version that it holds. */
  readonly seq: number;
  /** Whether what it holds is not known, whatever the version says. @default false */
  readonly forgotten?: boolean;
}

/** What takes the log on from a {@link ResumePoint}. */
export interface Resumption {
  /** One, where it fits and there is something to say. */
  readonly frames: readonly ChangesFrame[];
  /** The state after the first of them: for `codec.encode(frame, after)`. */
  readonly after: ChannelState | undefined;
}

/**
 * The producer's engine: turns changes into throttled, minimal frames. Pure: the time comes in
 * with each call.
 *
 * 1. The first change after a quiet window is due at once, and whatever is pending when a window
 *    ends is due then: nothing pending is ever older than one window.
 * 2. What is due takes everything that is pending along, in the order in which it was written, in
 *    one frame: no part waits for another one.
 * 3. `flush` makes everything due: completion is a change followed by it, and there is no other
 *    way to complete.
 * 4. A version is used for one frame only; versions go up by one with each, but where what was
 *    lost is replaced: there they go from what the log holds to a number that was never used.
 * 5. Work per change depends on the change; memory on what changed since the last acknowledgement.
 *    No frame is larger than the protocol's bound, in either codec.
 * 6. Without a connection, and past 8 MiB or 256 windows that are not acknowledged, only the state
 *    is kept: what it has become then goes out once there is a connection, or all is acknowledged.
 */
export class Encoder {
  readonly #channel: string;
  readonly #window: ThrottleWindow;
  readonly #outbox: Outbox;
  /** What the replicas will hold once every frame has arrived. */
  #shadow: ChannelState = ChannelState.of("");
  #seq = 0;
  #pending = new Pending();
  /** The state before what is pending. */
  #before: ChannelState = this.#shadow;
  #weight = 0;
  /** Frames that are made but not taken. */
  #frames: ChangesFrame[] = [];
  /** The state after the last frame, while none is made of what changes. */
  #held: ChannelState | undefined;
  #suspended = false;
  readonly #unsettled = new Unsettled();

  /**
   * @param bounds for tests
   * @throws DeltawireError `malformed` where the throttle is no number of milliseconds
   */
  constructor(
    channel: string,
    { throttle = DEFAULT_THROTTLE }: EncoderOptions = {},
    bounds: OutboxBounds = OUTBOX_BOUNDS,
  ) {
    this.#channel = channel;
    this.#window = new ThrottleWindow(throttle, channel);
    this.#outbox = new Outbox(bounds);
  }

  /** The state after every change so far, but for what was forgotten. */
  get state(): ChannelState {
    return this.#shadow;
  }

  /** The version after the last frame that was made. */
  get seq(): number {
    return this.#seq;
  }

  /** That of what is pending; undefined while no frame is made of it. */
  get nextSeq(): number | undefined {
    return this.#held ? undefined : this.#seq + 1;
  }

  /**
   * Makes changes, all or none.
   *
   * @throws DeltawireError where they are not what the protocol takes, or do not apply, and
   *   `overloaded` for a removal where too many are not acknowledged; nothing has changed then
   */
  change(...changes: readonly Change[]): void {
    const [only] = changes;
    if (only && changes.length === 1) {
      this.#take(this.#step(this.#shadow, only));
      return;
    }
    const steps: Step[] = [];
    for (const change of changes)
      steps.push(this.#step(steps.at(-1)?.next ?? this.#shadow, change));
    for (const step of steps) this.#take(step);
  }

  #step(state: ChannelState, given: Change): Step {
    const streamed = streamedChange(given, state);
    const change = streamed ?? this.#check(state, given);
    const weight = streamed ? weightOf(streamed) : weigh(change);
    if (weight > MAX_WEIGHT) {
      const what = `a ${change.type} that may not fit max_frame_bytes (${LIMITS.max_frame_bytes})`;
      throw new DeltawireError("limit_exceeded", what, { channel: this.#channel });
    }
    // The versions of the shadow count changes; those of frames are #seq.
    const next = apply(state, frameOf(this.#channel, state.seq, state.seq + 1, [change]));
    return { change, weight, next };
  }

  #take({ change, weight, next }: Step): void {
    if (!this.#held && this.#weight + weight > FRAME_WEIGHT) this.#seal();
    if (!this.#held) {
      if (this.#pending.isEmpty) this.#before = this.#shadow;
      this.#pending.add(change);
      this.#weight += weight;
    }
    this.#unsettled.note(change, this.#shadow, next);
    this.#shadow = next;
  }

  /** A caller's change, through the gate that its frame will have to pass. */
  #check({ seq }: ChannelState, given: Change): Change {
    this.#unsettled.checkRoom(given, this.#channel);
    const frame = parseDownward(frameOf(this.#channel, seq, seq + 1, [given]), "bin");
    const [change] = frame.type === "changes" ? frame.changes : [];
    return change ?? given; // there is one
  }

  /** Lets go of messages that have ended, and that the log holds; nothing travels. */
  forget(ids: ReadonlySet<string>): void {
    if (ids.size === 0) return;
    const messages = this.#shadow.messages.filter(({ id }) => !ids.has(id));
    const next = this.#shadow.with({ messages });
    if (this.#held === this.#shadow) this.#held = next;
    this.#shadow = next;
  }

  /** The log need not have a message as it was sent: where it is stated again, it is stated whole. */
  distrust(id: string): void {
    this.#unsettled.distrust(id);
  }

  /** Whether a message was {@link distrust}ed since the log last held one that was stated whole. */
  isDistrusted(id: string): boolean {
    return this.#unsettled.isDistrusted(id);
  }

  /**
   * Makes everything that is pending due at once. Returns the version that has all of it; undefined
   * where that is of a frame which is not made yet.
   */
  flush(): number | undefined {
    this.#seal();
    return this.#held && this.#held !== this.#shadow ? undefined : this.#seq;
  }

  /** Whether the log holds everything. */
  get isSettled(): boolean {
    return this.#outbox.isEmpty && this.#pending.isEmpty && this.#last === this.#shadow;
  }

  /** When frames are due, on the clock of {@link take}; undefined while nothing is pending. */
  get dueAt(): number | undefined {
    if (this.#frames.length > 0) return Number.NEGATIVE_INFINITY;
    return this.#pending.isEmpty ? undefined : this.#window.end;
  }

  /** What is pending is due so many milliseconds after the frame before, if not earlier. */
  hasten(milliseconds: number): void {
    this.#window.hasten(milliseconds);
  }

  /** The frames that are due at a time, in milliseconds; a new window begins with them. */
  take(now: number): readonly ChangesFrame[] {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return [];
    if (now >= this.#window.end) this.#seal();
    // A frame that was made early for its weight leaves the window of what is pending as it is.
    if (this.#pending.isEmpty) this.#window.begin(now);
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #seal(): void {
    if (this.#pending.isEmpty) return;
    const from = this.#seq;
    // Others set attributes of the channel, too: those that are set here are not all of them.
    const own = { message: (id: string) => this.#shadow.message(id) };
    const changes = this.#pending.changes(own);
    if (changes.length > 0) {
      this.#seq += 1;
      const frame = frameOf(this.#channel, from, this.#seq, changes);
      this.#frames.push(frame);
      this.#outbox.add(this.#before, [frame], this.#weight);
    }
    this.#unsettled.told(this.#seq);
    this.#pending = new Pending();
    this.#weight = 0;
    if (this.#outbox.isFull) this.#held = this.#shadow;
  }

  /** The log holds everything up to a version. */
  acknowledge(seq: number): void {
    this.#outbox.acknowledge(seq);
    this.#unsettled.acknowledge(seq);
    const held = this.#held;
    if (!held || this.#suspended || seq < this.#seq) return;
    this.#held = undefined;
    if (held !== this.#shadow) this.#frames.push(...this.#state(held, this.#seq).frames);
  }

  /** There is no connection: changes change the state, and nothing else. */
  suspend(): void {
    if (this.#suspended) return;
    this.#held = this.#last;
    this.#suspended = true;
    this.#pending = new Pending();
    this.#weight = 0;
    this.#frames = [];
  }

  /** The state after the last frame. */
  get #last(): ChannelState {
    return this.#held ?? (this.#pending.isEmpty ? this.#shadow : this.#before);
  }

  /** There is a connection: from here on frames are made again, after those which are returned. */
  resume({ seq, forgotten = false }: ResumePoint): Resumption {
    this.suspend();
    const last = this.#seq;
    const at = seq === last ? this.#last : this.#outbox.stateAt(seq);
    this.#suspended = false;
    this.#held = undefined;
    this.#seq = Math.max(last, seq);
    this.#outbox.clear();
    this.#window.clear();
    const whole = forgotten || !at;
    const resumption = this.#state(whole ? ChannelState.of("") : at, seq);
    const isOpen = this.#shadow.messages.some((message) => !message.isFinal);
    if (resumption.after || (seq === last && !isOpen)) return resumption;
    // The numbers since are replaced, or the codec's context is stated.
    this.#seq += 1;
    const frame = frameOf(this.#channel, seq, this.#seq, []);
    this.#outbox.add(this.#shadow, [frame], 0);
    this.#unsettled.told(this.#seq);
    return { frames: [frame], after: this.#shadow.with({ seq: this.#seq }) };
  }

  /** Frames from a state to the present one; past the bound the rest is left for later. */
  #state(before: ChannelState, from: number): Resumption {
    const frames: ChangesFrame[] = [];
    let state = this.#unsettled.trusted(before);
    let after: ChannelState | undefined;
    for (const { items, weight } of statement(state, this.#shadow, this.#unsettled)) {
      if (this.#outbox.isFull && !items.some(isToldOnce)) {
        this.#held = state;
        break;
      }
      const frame = frameOf(this.#channel, frames.at(-1)?.to ?? from, this.#seq + 1, items);
      const next = apply(state.with({ seq: frame.from }), frame);
      this.#outbox.add(state, [frame], weight);
      this.#seq = frame.to;
      frames.push(frame);
      after ??= next;
      state = next;
    }
    this.#unsettled.told(this.#seq);
    return { frames, after };
  }

  /** The message that an error is about, in the first frame after a version. */
  messageAt(seq: number, path: string | undefined): string | undefined {
    return this.#outbox.messageAt(seq, path);
  }
}

/** A change that is checked, and the state after it. */
interface Step {
  readonly change: Change;
  readonly weight: number;
  readonly next: ChannelState;
}

/** What the state that is held does not tell. */
const isToldOnce = ({ type }: Change): boolean =>
  type === "message_removed" || type === "channel_patch";

function frameOf(
  channel: string,
  from: number,
  to: number,
  changes: readonly Change[],
): ChangesFrame {
  return { type: "changes", channel, from, to, changes };
}
