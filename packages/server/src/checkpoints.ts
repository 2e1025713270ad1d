import type { Clock } from "@deltawire/encoder";
import type { ChannelState } from "@deltawire/protocol";
import type { ChangesFrame, CheckpointFrame } from "@deltawire/spec";

/** Frames after which a checkpoint is due, and milliseconds of silence before which one is. */
const FRAMES = 512;
const SILENCE = 1000;

/** Says now and then, and before a channel falls silent, what the text that changed last must be. */
export class Checkpoints {
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #send: (frame: CheckpointFrame) => void;
  readonly #state: () => ChannelState;
  /** The text that changed last, and the frames since its last checkpoint. */
  #latest: { readonly message: string; readonly part: string } | undefined;
  #unchecked = 0;
  #publishedAt = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(
    channel: string,
    clock: Clock,
    state: () => ChannelState,
    send: (frame: CheckpointFrame) => void,
  ) {
    this.#channel = channel;
    this.#clock = clock;
    this.#state = state;
    this.#send = send;
  }

  /** A frame has gone out. */
  onPublished(frame: ChangesFrame): void {
    this.#unchecked += 1;
    this.#publishedAt = this.#clock.now();
    for (const change of frame.changes) {
      const part = change.type === "message_patch" ? change.parts?.at(-1) : undefined;
      if (part?.type !== "text_splice" || !("id" in change)) continue;
      const { message, part: latest } = this.#latest ?? {};
      const isSame = message === change.id && latest === part.part;
      if (!isSame) this.#latest = { message: change.id, part: part.part };
    }
    if (this.#unchecked >= FRAMES) this.#checkpoint();
    this.#cancelTimer ??= this.#clock.after(SILENCE, () => this.#onSilence());
  }

  #onSilence(): void {
    this.#cancelTimer = undefined;
    const wait = this.#publishedAt + SILENCE - this.#clock.now();
    if (wait > 0) this.#cancelTimer = this.#clock.after(wait, () => this.#onSilence());
    else this.#checkpoint();
  }

  #checkpoint(): void {
    const { message: id, part: partId } = this.#latest ?? {};
    this.#latest = undefined;
    this.#unchecked = 0;
    if (id === undefined || partId === undefined) return;
    const state = this.#state();
    const message = state.message(id);
    const part = message?.isFinal ? undefined : message?.part(partId);
    if (part?.kind !== "text") return;
    this.#send({
      type: "checkpoint",
      channel: this.#channel,
      seq: state.seq,
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
