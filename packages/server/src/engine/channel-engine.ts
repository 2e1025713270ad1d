import { ChannelState, Composition, type Message, SnapshotAssembly } from "@deltawire/protocol";
import {
  type AckFrame,
  type Change,
  type ChangesFrame,
  DeltawireError,
  LIMITS,
  type ProducingFrame,
  type SnapshotFrame,
  type SubscribedFrame,
  type SubscribeFrame,
} from "@deltawire/spec";
import { admit } from "./admission.js";
import { FrameLog } from "./frame-log.js";

/** Removed ids, and producers, that a channel remembers. */
const MAX_TOMBSTONES = 1024;
const MAX_PRODUCERS = 1024;

/** Size up to which a catch-up is one frame; past it a snapshot comes in chunks. */
const MAX_CATCH_UP = 1 << 20;

/** What an append did. */
export interface Appended {
  /** The frame for every consumer; absent where nothing was left to append. */
  readonly frame?: ChangesFrame;
  readonly ack: AckFrame;
}

interface Producer {
  readonly token: number;
  readonly seq: number;
}

/**
 * A channel on the server: the order of its changes, who may make them, and how a consumer gets
 * from any version to the present one. Pure.
 *
 * 1. Every append that changes anything takes the channel's next version.
 * 2. A producer's frame is appended once: it continues that producer's versions, or it is a
 *    repetition, or a gap.
 * 3. Of two attachments of one producer the later one counts; the earlier one is fenced.
 * 4. What is appended is in the state, in the log and in the answer, or in none of them.
 * 5. Producers and removed ids are remembered up to a bound; those longest unheard of go first.
 */
export class ChannelEngine {
  readonly #channel: string;
  readonly #log = new FrameLog();
  readonly #producers = new Map<string, Producer>();
  readonly #tombstones = new Map<string, number>();
  #state: ChannelState;
  #token = 0;
  /** Parts of open messages: every one of them has a number in the codec context. */
  #openParts = 0;

  /** @param epoch a name for this incarnation of the channel that no earlier one had */
  constructor(channel: string, epoch: string) {
    this.#channel = channel;
    this.#state = ChannelState.of(epoch);
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** A producer begins to write, or takes over from an earlier attachment of its own. */
  attach(producer: string): ProducingFrame {
    this.#token += 1;
    const token = this.#token;
    const seq = this.#producers.get(producer)?.seq ?? 0;
    remember(this.#producers, producer, { token, seq }, MAX_PRODUCERS);
    const { epoch } = this.#state;
    return { type: "producing", channel: this.#channel, producer, epoch, seq, token };
  }

  /**
   * Appends a producer's frame.
   *
   * @throws DeltawireError `fenced` after a later attachment, `gap` where frames are missing or the
   *   producer was forgotten, `limit_exceeded`, and what {@link admit} throws; the channel is what
   *   it was then
   */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const channel = this.#channel;
    const known = this.#producers.get(producer);
    if (known && known.token !== token) throw fenced(channel, producer);
    if (known && frame.to <= known.seq) return { ack: { type: "ack", channel, seq: known.seq } };
    if (frame.from !== known?.seq) {
      const where = known ? `is at version ${known.seq}` : "was forgotten";
      const what = `producer ${producer} ${where}, the frame begins at ${frame.from}; attach anew`;
      throw new DeltawireError("gap", what, { channel, path: "/from" });
    }
    const { changes, refused, removed, state } = admit(this.#state, frame.changes, {
      producer,
      isOutrankedBy: (owner) => (this.#producers.get(owner)?.token ?? 0) > token,
      tombstones: this.#tombstones,
    });
    const opened = this.#opened(changes, state);
    remember(this.#producers, producer, { token, seq: frame.to }, MAX_PRODUCERS);
    const names = refused.length > 0 ? { refused } : {};
    const ack: AckFrame = { type: "ack", channel, seq: frame.to, ...names };
    if (changes.length === 0) return { ack };
    for (const [id, generation] of removed) {
      remember(this.#tombstones, id, generation, MAX_TOMBSTONES);
    }
    const from = this.#state.seq;
    const appended: ChangesFrame = { type: "changes", channel, from, to: from + 1, changes };
    this.#state = state.with({ seq: appended.to });
    this.#openParts += opened;
    this.#log.append(appended);
    return { frame: appended, ack };
  }

  /** By how much changes raise the number of open parts. */
  #opened(changes: readonly Change[], next: ChannelState): number {
    let opened = 0;
    for (const id of new Set(changes.map((change) => ("id" in change ? change.id : "")))) {
      opened += openParts(next.message(id)) - openParts(this.#state.message(id));
    }
    if (opened > 0 && this.#openParts + opened > LIMITS.max_list_length) {
      const what = `max_list_length (${LIMITS.max_list_length}) exceeded by parts of open messages`;
      throw new DeltawireError("limit_exceeded", what, { channel: this.#channel, path: "" });
    }
    return opened;
  }

  /**
   * What a consumer gets for its `subscribe`: the answer, and the frames that follow it.
   *
   * @param compact it speaks MessagePack, and needs the codec context even where nothing changed
   */
  answer(
    frame: SubscribeFrame,
    compact: boolean,
  ): readonly [SubscribedFrame, ...(ChangesFrame | SnapshotFrame)[]] {
    const { channel, request } = frame;
    const { epoch, seq } = this.#state;
    const head = { type: "subscribed", channel, request, epoch, seq } as const;
    const from = frame.epoch === epoch ? frame.seq : undefined;
    if (from === seq && !compact) return [{ ...head, answer: "current" }];
    const composed = from === seq ? new Composition() : this.#log.since(from);
    if (composed && from !== undefined && composed.size <= this.#worth()) {
      const changes = composed.changes(this.#state);
      const catchUp: ChangesFrame = { type: "changes", channel, from, to: seq, request, changes };
      return [{ ...head, answer: "changes" }, catchUp];
    }
    const chunks = SnapshotAssembly.frames(channel, this.#state, request);
    return [{ ...head, answer: "snapshot" }, ...chunks];
  }

  /** Size up to which composed changes are less than a snapshot. */
  #worth(): number {
    const whole = this.#state.messages.reduce((sum, { size }) => sum + size + 64, 64);
    return Math.min(whole, MAX_CATCH_UP);
  }
}

/** The error of an attachment after which another one came. */
export function fenced(channel: string, producer: string): DeltawireError {
  return new DeltawireError("fenced", `producer ${producer} has attached anew`, { channel });
}

const openParts = (message: Message | undefined): number =>
  message && !message.isFinal ? message.parts.length : 0;

/** Sets an entry, as the one last heard of; past the bound the one longest unheard of goes. */
function remember<T>(map: Map<string, T>, key: string, value: T, bound: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > bound && oldest !== undefined) map.delete(oldest);
}
