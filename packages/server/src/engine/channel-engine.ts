import { ChannelState, Composition, SnapshotAssembly } from "@deltawire/protocol";
import {
  type AckFrame,
  type ChangesFrame,
  DeltawireError,
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
  token: number;
  seq: number;
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
 */
export class ChannelEngine {
  readonly #channel: string;
  readonly #log = new FrameLog();
  readonly #producers = new Map<string, Producer>();
  readonly #tombstones = new Map<string, number>();
  /** The attachment that last wrote to each open message. */
  readonly #owners = new Map<string, number>();
  #state: ChannelState;
  #token = 0;

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
    const seq = this.#producers.get(producer)?.seq ?? 0;
    this.#producers.delete(producer); // to the end of the order in which they are forgotten
    this.#producers.set(producer, { token: this.#token, seq });
    const [oldest] = this.#producers.keys();
    if (this.#producers.size > MAX_PRODUCERS && oldest) this.#producers.delete(oldest);
    const { epoch } = this.#state;
    return {
      type: "producing",
      channel: this.#channel,
      producer,
      epoch,
      seq,
      token: this.#token,
    };
  }

  /**
   * Appends a producer's frame.
   *
   * @throws DeltawireError `fenced` after a later attachment, `gap` where frames are missing, and
   *   what {@link admit} throws; the channel is what it was then
   */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const known = this.#producers.get(producer);
    const channel = this.#channel;
    if (known?.token !== token) {
      throw new DeltawireError("fenced", `producer ${producer} has attached anew`, { channel });
    }
    if (frame.to <= known.seq) return { ack: { type: "ack", channel, seq: known.seq } };
    if (frame.from !== known.seq) {
      const what = `producer ${producer} is at version ${known.seq}, not ${frame.from}`;
      throw new DeltawireError("gap", what, { channel, path: "/from" });
    }
    const { changes, refused, state } = admit(this.#state, frame.changes, {
      producer,
      token,
      tombstones: this.#tombstones,
      owners: this.#owners,
    });
    known.seq = frame.to;
    const names = refused.length > 0 ? { refused } : {};
    const ack: AckFrame = { type: "ack", channel, seq: frame.to, ...names };
    if (changes.length === 0) return { ack };
    const from = this.#state.seq;
    const appended: ChangesFrame = { type: "changes", channel, from, to: from + 1, changes };
    this.#remember(appended, token);
    this.#state = state.with({ seq: appended.to });
    this.#log.append(appended);
    return { frame: appended, ack };
  }

  #remember({ changes }: ChangesFrame, token: number): void {
    for (const change of changes) {
      if (change.type === "message_added" || change.type === "message_patch") {
        this.#owners.set(change.id, token);
      }
      if (change.type === "message_completed") this.#owners.delete(change.id);
      if (change.type !== "message_removed") continue;
      this.#owners.delete(change.id);
      const generation = this.#state.message(change.id)?.generation ?? 0;
      this.#tombstones.delete(change.id);
      this.#tombstones.set(change.id, generation);
      const [oldest] = this.#tombstones.keys();
      if (this.#tombstones.size > MAX_TOMBSTONES && oldest !== undefined) {
        this.#tombstones.delete(oldest);
      }
    }
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
