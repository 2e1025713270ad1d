import { apply, ChannelState, Composition, type Message } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  LIMITS,
  type PartChange,
  parseFrame,
} from "@deltawire/spec";

/** Milliseconds of a throttle window where none is given. */
export const DEFAULT_THROTTLE = 100;

/** Longest window: as long as timers can wait. */
const MAX_THROTTLE = 2 ** 31 - 1;

/** Weight of pending changes, see {@link weigh}, of which a frame is made before its window ends. */
const FRAME_WEIGHT = 1 << 20;

/** Greatest weight of one change: with the head of its frame it is within `max_frame_bytes`. */
const MAX_WEIGHT: number = Math.floor(LIMITS.max_frame_bytes / 6) - 1024;

/** How an {@link Encoder} begins. */
export interface EncoderOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}

/**
 * The producer's engine: turns changes into throttled, minimal frames. Pure: the time comes in
 * with each call.
 *
 * 1. The first change after a quiet window is due at once, and whatever is pending when a window
 *    ends is due then: nothing pending is ever older than one window.
 * 2. What is due takes everything that is pending along, in the order in which it was written: no
 *    part waits for another one, and what was written before a part began is on the wire before
 *    it. Appends travel in frames of their own, which are the shortest that there are.
 * 3. `flush` makes everything due: completion is a change followed by it, and there is no other
 *    way to complete.
 * 4. Versions go up by one with each frame and are never used twice.
 * 5. Work per change depends on the change; memory on what one window changed. No frame is larger
 *    than the protocol's bound, in either codec.
 */
export class Encoder {
  readonly #channel: string;
  readonly #throttle: number;
  /** What the replicas will hold once every frame has arrived. */
  #shadow: ChannelState = ChannelState.of("");
  #seq = 0;
  #pending = new Composition();
  #weight = 0;
  /** Frames that are made but not taken. */
  #frames: ChangesFrame[] = [];
  #windowEnd = Number.NEGATIVE_INFINITY;

  /** @throws DeltawireError `malformed` where the throttle is no number of milliseconds */
  constructor(channel: string, { throttle = DEFAULT_THROTTLE }: EncoderOptions = {}) {
    if (!(throttle >= 0 && throttle <= MAX_THROTTLE)) {
      const what = `a throttle is a number of milliseconds from 0 to ${MAX_THROTTLE}`;
      throw new DeltawireError("malformed", what, { channel });
    }
    this.#channel = channel;
    this.#throttle = throttle;
  }

  /** The state after every change so far, but for what was forgotten. */
  get state(): ChannelState {
    return this.#shadow;
  }

  /** The version after the last frame that was made. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Makes changes, all or none.
   *
   * @throws DeltawireError where they are not what the protocol takes, or do not apply; nothing has
   *   changed then
   */
  change(...changes: readonly Change[]): void {
    const steps: { change: Change; weight: number; next: ChannelState }[] = [];
    let next = this.#shadow;
    for (const given of changes) {
      const change = this.#check(next, given);
      const weight = weigh(change);
      if (weight > MAX_WEIGHT) {
        const what = `a ${change.type} that may not fit max_frame_bytes (${LIMITS.max_frame_bytes})`;
        throw new DeltawireError("limit_exceeded", what, { channel: this.#channel });
      }
      // The versions of the shadow count changes; those of frames are #seq.
      next = apply(next, this.#frame(next.seq, [change]));
      steps.push({ change, weight, next });
    }
    for (const step of steps) {
      if (this.#weight + step.weight > FRAME_WEIGHT) this.#seal();
      this.#shadow = step.next;
      this.#pending.add([step.change]);
      this.#weight += step.weight;
    }
  }

  /** A caller's change, through the gate that its frame will have to pass. */
  #check({ seq }: ChannelState, given: Change): Change {
    const frame = parseFrame(this.#frame(seq, [given]), "bin");
    const [change] = frame.type === "changes" ? frame.changes : [];
    return change ?? given; // there is one
  }

  #frame(from: number, changes: readonly Change[]): ChangesFrame {
    return { type: "changes", channel: this.#channel, from, to: from + 1, changes };
  }

  /** Drops a message from the shadow that has ended, and that the log holds; nothing travels. */
  forget(id: string): void {
    const messages = this.#shadow.messages.filter((message) => message.id !== id);
    this.#shadow = this.#shadow.with({ messages });
  }

  /** Makes everything that is pending due at once; returns the version that has all of it. */
  flush(): number {
    this.#seal();
    return this.#seq;
  }

  /** When frames are due, on the clock of {@link take}; undefined while nothing is pending. */
  get dueAt(): number | undefined {
    if (this.#frames.length > 0) return Number.NEGATIVE_INFINITY;
    return this.#pending.isEmpty ? undefined : this.#windowEnd;
  }

  /** The frames that are due at a time, in milliseconds; a new window begins with them. */
  take(now: number): readonly ChangesFrame[] {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return [];
    if (now >= this.#windowEnd) this.#seal();
    // A frame that was made early for its weight leaves the window of what is pending as it is.
    if (this.#pending.isEmpty) this.#windowEnd = now + this.#throttle;
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #seal(): void {
    if (this.#pending.isEmpty) return;
    for (const changes of apart(this.#pending.changes(this.#shadow), this.#shadow)) {
      this.#frames.push(this.#frame(this.#seq, changes));
      this.#seq += 1;
    }
    this.#pending = new Composition();
    this.#weight = 0;
  }
}

/**
 * What a value weighs: for JSON its size by the size rule of PROTOCOL.md. In neither codec does a
 * unit of it take more than six bytes.
 */
function weigh(value: unknown): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return 8 + value.length;
  let weight = 8;
  if (Array.isArray(value)) {
    for (const item of value) weight += weigh(item);
    return weight;
  }
  const members = value as Readonly<Record<string, unknown>>; // neither a list nor bytes
  for (const key in members) weight += key.length + weigh(members[key]);
  return weight;
}

/** Changes in their order, each append to a text apart from everything else. */
function apart(changes: readonly Change[], state: ChannelState): Change[][] {
  const frames: Change[][] = [];
  let rest: Change[] = [];
  const end = () => {
    if (rest.length > 0) frames.push(rest);
    rest = [];
  };
  for (const change of changes) {
    if (change.type !== "message_patch") {
      rest.push(change);
      continue;
    }
    const { parts = [], ...head } = change;
    let others: PartChange[] = [];
    const endOthers = () => {
      if (others.length > 0) rest.push({ type: "message_patch", id: head.id, parts: others });
      others = [];
    };
    const message = state.message(head.id);
    for (const part of parts) {
      if (!isAppend(part, message)) {
        others.push(part);
        continue;
      }
      endOthers();
      end();
      frames.push([{ type: "message_patch", id: head.id, parts: [part] }]);
    }
    endOthers();
    if (Object.keys(head).length > 2) rest.push(head);
  }
  end();
  return frames;
}

/** Whether a change only adds to the end of a text, which by now is as it leaves it. */
function isAppend(change: PartChange, message: Message | undefined): boolean {
  const part = change.type === "text_splice" ? message?.part(change.part) : undefined;
  if (change.type !== "text_splice" || part?.kind !== "text") return false;
  const [splice, ...more] = change.splices;
  const length = splice && splice.changed_offset + splice.text.length;
  return more.length === 0 && splice?.removed === 0 && length === part.content.length;
}
