import { apply, ChannelState, Composition, type Message } from "@deltawire/protocol";
import type { Change, ChangesFrame, PartChange } from "@deltawire/spec";

/** Milliseconds of a throttle window where none is given. */
export const DEFAULT_THROTTLE = 100;

/** Size of pending changes at which a frame is made of them before its window ends. */
const FRAME_SIZE = 1 << 20;

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
 * 5. Work per change depends on the change; memory on what one window changed.
 */
export class Encoder {
  readonly #channel: string;
  readonly #throttle: number;
  /** What the replicas will hold once every frame has arrived. */
  #shadow: ChannelState = ChannelState.of("");
  #seq = 0;
  #pending = new Composition();
  /** Frames that are made but not taken. */
  #frames: ChangesFrame[] = [];
  #windowEnd = Number.NEGATIVE_INFINITY;

  constructor(channel: string, options: EncoderOptions = {}) {
    this.#channel = channel;
    this.#throttle = options.throttle ?? DEFAULT_THROTTLE;
  }

  /** The state after every change so far. */
  get state(): ChannelState {
    return this.#shadow;
  }

  /**
   * Makes changes.
   *
   * @throws DeltawireError where they do not apply; nothing has changed then
   */
  change(...changes: readonly Change[]): void {
    const from = this.#shadow.seq; // counts changes; the versions of frames are #seq
    const channel = this.#channel;
    this.#shadow = apply(this.#shadow, { type: "changes", channel, from, to: from + 1, changes });
    this.#pending.add(changes);
    if (this.#pending.size >= FRAME_SIZE) this.#seal();
  }

  /** Makes everything that is pending due at once; returns the version that has all of it. */
  flush(): number {
    if (!this.#pending.isEmpty) this.#seal();
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
    // A frame that was made early for its size does not take along what waits for the window.
    if (!this.#pending.isEmpty && now >= this.#windowEnd) this.#seal();
    const frames = this.#frames;
    this.#frames = [];
    this.#windowEnd = now + this.#throttle;
    return frames;
  }

  #seal(): void {
    const channel = this.#channel;
    for (const changes of apart(this.#pending.changes(this.#shadow), this.#shadow)) {
      const from = this.#seq;
      this.#seq += 1;
      this.#frames.push({ type: "changes", channel, from, to: this.#seq, changes });
    }
    this.#pending = new Composition();
  }
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
