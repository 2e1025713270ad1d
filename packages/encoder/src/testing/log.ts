import { apply, ChannelState } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type Frame,
  type ProduceFrame,
  type Refusal,
} from "@deltawire/spec";

/** A log as PROTOCOL.md, 6.4, has it, for one producer at a time: what a writer is tried against. */
export class Log {
  state: ChannelState = ChannelState.of("e0");
  /** The producer's. */
  seq = 0;
  token = 0;
  /** How often each message was completed, by id and generation. */
  readonly completed: Map<string, number> = new Map();
  /** Codes of the frames that were refused whole. */
  readonly errors: string[] = [];
  /** Says why a change is refused, or throws what its frame is refused with. */
  refuse: (change: Change) => string | undefined = () => undefined;

  /** What was refused, with the version of its frame. */
  #refused: { readonly seq: number; readonly refusal: Refusal }[] = [];

  attach({ channel, producer, seq: known = this.seq }: ProduceFrame): Frame {
    this.token += 1;
    const { epoch } = this.state;
    const { token, seq } = this;
    const refused = this.#refused.filter((of) => of.seq > known).map(({ refusal }) => refusal);
    const names = refused.length > 0 ? { refused } : {};
    return { type: "producing", channel, producer, epoch, seq, token, ...names };
  }

  /** What a frame is answered with. */
  append(frame: ChangesFrame): Frame {
    const { channel } = frame;
    try {
      if (frame.to <= this.seq) return { type: "ack", channel, seq: this.seq };
      if (frame.from !== this.seq) throw new DeltawireError("gap", "frames are missing");
      const refused = this.#take(frame);
      this.seq = frame.to;
      this.#refused.push(...refused.map((refusal) => ({ seq: frame.to, refusal })));
      return { type: "ack", channel, seq: this.seq, ...(refused.length > 0 && { refused }) };
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      const { code, message, path } = error;
      this.errors.push(code);
      return { type: "error", code, message, channel, ...(path !== undefined && { path }) };
    }
  }

  #take(frame: ChangesFrame): Refusal[] {
    const refused: Refusal[] = [];
    let state = this.state;
    const completed: string[] = [];
    frame.changes.forEach((change, i) => {
      try {
        const code = this.#refusal(state, change);
        if (code && "id" in change) {
          refused.push({ message: change.id, code, count: 1 });
          return;
        }
        if (change.type === "message_completed" && !state.message(change.id)?.isFinal) {
          completed.push(`${change.id} ${state.message(change.id)?.generation}`);
        }
        const { seq } = state;
        state = apply(state, { ...frame, from: seq, to: seq, changes: [change] });
      } catch (error) {
        if (!(error instanceof DeltawireError)) throw error;
        const path = error.path?.replace(/^\/changes\/\d+/, `/changes/${i}`);
        throw new DeltawireError(error.code, error.message, { path });
      }
    });
    for (const key of completed) this.completed.set(key, (this.completed.get(key) ?? 0) + 1);
    this.state = state.with({ seq: state.seq + 1 });
    return refused;
  }

  #refusal(state: ChannelState, change: Change): string | undefined {
    const code = this.refuse(change);
    const message = "id" in change ? state.message(change.id) : undefined;
    if (code || !message?.isFinal) return code;
    if (change.type === "message_patch") return "message_final";
    if (change.type !== "message_added" || change.generation > message.generation) return undefined;
    return change.generation < message.generation ? "stale_generation" : "message_final";
  }

  /** A new incarnation, which knows nothing; or one that has forgotten the producer alone. */
  forget(epoch: string): void {
    if (epoch !== this.state.epoch) this.state = ChannelState.of(epoch);
    this.seq = 0;
  }
}
