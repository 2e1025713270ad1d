import type { ChannelState } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";
import type { Statistics } from "./statistics.js";

/** Open messages of a channel whose chunks are timed; further ones are not. */
const MAX_TIMED = 1024;

/**
 * What one channel delivers. Resending everything is counted so: for each state frame that goes to
 * a consumer, the size (PROTOCOL.md, 3.3) of each message that it changes, as it is after it. That
 * is what a server sends that knows only whole messages, framing left out; sizes are UTF-16 units,
 * at most as many as bytes of UTF-8.
 */
export class ChannelMeter {
  readonly #statistics: Statistics;
  /** When messages were added that have no content so far, and when others got their latest. */
  readonly #addedAt = new Map<string, number>();
  readonly #chunkAt = new Map<string, number>();

  constructor(statistics: Statistics) {
    this.#statistics = statistics;
  }

  /**
   * A frame was appended at a time, and was sent to so many consumers: those on connections, and
   * not behind. Call it after sending.
   */
  published(frame: ChangesFrame, state: ChannelState, consumers: number, at: number): void {
    this.#statistics.appended(at);
    this.delivered(frame, state, consumers);
    for (const change of frame.changes) {
      switch (change.type) {
        case "message_added":
          this.#added(change.id, change.parts.length > 0, consumers, at);
          if (change.status) this.#forget(change.id);
          break;
        case "message_patch":
          if (change.parts && change.parts.length > 0) this.#chunk(change.id, consumers, at);
          break;
        case "message_completed":
        case "message_removed":
          this.#forget(change.id);
          break;
        default: // no message's
      }
    }
  }

  #forget(id: string): void {
    this.#addedAt.delete(id);
    this.#chunkAt.delete(id);
  }

  /** A frame, live or composed, goes to so many consumers. */
  delivered(frame: ChangesFrame, state: ChannelState, consumers = 1): void {
    if (consumers === 0) return;
    let size = 0;
    for (const change of frame.changes) {
      if ("id" in change) size += state.message(change.id)?.size ?? 0;
    }
    if (size > 0) this.#statistics.saved(size * consumers);
  }

  #added(id: string, hasContent: boolean, consumers: number, now: number): void {
    if (this.#chunkAt.has(id)) return; // stated anew
    if (this.#addedAt.size + this.#chunkAt.size >= MAX_TIMED) return;
    this.#addedAt.set(id, now);
    if (hasContent) this.#chunk(id, consumers, now);
  }

  #chunk(id: string, consumers: number, now: number): void {
    const addedAt = this.#addedAt.get(id);
    const before = this.#chunkAt.get(id);
    if (addedAt === undefined && before === undefined) return;
    if (addedAt !== undefined) this.#addedAt.delete(id);
    this.#chunkAt.set(id, now);
    if (consumers === 0) return;
    if (before !== undefined) this.#statistics.eachChunk.observe(now - before);
    else if (addedAt !== undefined) this.#statistics.firstChunk.observe(now - addedAt);
  }
}
