import { type SharedFrame, snapshotFrames } from "@deltawire/protocol";
import {
  DeltawireError,
  type HistoryFrame,
  LIMITS,
  type SnapshotFrame,
  type SubscribedFrame,
  type SubscribeFrame,
} from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { Consumer } from "./consumer.js";
import { MAX_COMPRESSED, type Pin } from "./engine/pins.js";
import type { FollowedChannel } from "./followed-channel.js";
import { BEHIND, type Chunks, LIVE, type Situation, shareChunk } from "./situation.js";
import type { Resumption } from "./statistics.js";
import { SubscriptionMeter } from "./subscription-meter.js";

const CHUNK = 16 * 1024; // at which one is full that is sent as fast as its consumer reads

/**
 * One consumer's following of one channel.
 *
 * 1. A frame is sent if it begins where the consumer is once it has read everything; else it is
 *    left out.
 * 2. Nothing waits here for a consumer that does not read: where it is, at most, and what it has
 *    asked for last.
 * 3. Between the chunks of a snapshot nothing else of the channel is sent.
 * 4. After anything that was not encoded in the channel's codec context, and before the next live
 *    frame, a frame states that context.
 */
export class Subscription {
  readonly channel: FollowedChannel;
  readonly #consumer: Consumer;
  readonly #meter: SubscriptionMeter | undefined;
  readonly #unfollow: (subscription: Subscription) => void;
  #situation: Situation = LIVE;
  /** The version that the consumer has once it has read everything; undefined for none. */
  #seq: number | undefined;
  /** The incarnation that versions are of. */
  #epoch: string | undefined;
  /** Whether its codec knows the channel's context then. */
  #isStated = false;
  #request = 0;
  #last: number | undefined;
  /** Whether the consumer has no message less than the channel. */
  #isWhole = true;
  /** The latest version that was sent, or stated: nobody is sent an older state. */
  #sent: number | undefined;
  /** What is not answered yet. */
  #asked: SubscribeFrame | undefined;
  #paging: HistoryFrame | undefined;

  constructor(
    channel: FollowedChannel,
    consumer: Consumer,
    unfollow: (subscription: Subscription) => void,
  ) {
    this.channel = channel;
    this.#unfollow = unfollow;
    this.#consumer = consumer;
    this.#meter = consumer.isLocal ? undefined : new SubscriptionMeter(channel);
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#unfollow(this);
  }

  get isLocal(): boolean {
    return this.#meter === undefined;
  }

  get binary(): boolean {
    return this.#consumer.binary;
  }

  /** Whose it is; undefined for the server's own. */
  get principal(): Principal | undefined {
    return this.#consumer.principal;
  }

  /** Whether its consumer reads compressed forms. */
  get takesCompressed(): boolean {
    return this.#consumer.takesCompressed ?? false;
  }

  /** Whether its consumer is sent compact values. */
  get takesCompact(): boolean {
    return this.#consumer.takesCompact ?? false;
  }

  /** The number of its latest `subscribe`. */
  get request(): number {
    return this.#request;
  }

  /** Versions that the consumer lacks, beyond what was sent to it. */
  get lag(): number {
    const { seq } = this.channel.state;
    return this.#situation.is === "live" ? 0 : seq - (this.#seq ?? 0);
  }

  /** Takes a `subscribe`; one that was not answered yet is not any more. */
  ask(frame: SubscribeFrame): void {
    this.#meter?.asked(frame);
    this.#noteSent();
    this.unpin();
    this.#asked = frame;
    this.#request = frame.request;
    this.#last = frame.last;
    this.#isWhole = frame.last === undefined;
    this.#epoch = this.channel.state.epoch;
    this.#seq = frame.epoch === this.#epoch ? frame.seq : undefined;
    if (this.#seq !== undefined) this.channel.approach(this.#seq);
    this.#isStated = false;
    this.#situation = BEHIND;
    this.#consumer.pace(this);
  }

  #noteSent(): void {
    if (this.#seq !== undefined) this.#sent = Math.max(this.#seq, this.#sent ?? 0);
  }

  /** The channel is another one, or far ahead: the consumer is brought there from where it is. */
  restart(): void {
    this.#noteSent();
    if (this.#epoch === undefined) return; // nothing was asked for yet
    this.unpin();
    const { epoch } = this.channel.state;
    if (this.#epoch !== epoch) {
      this.#seq = undefined;
      this.#sent = undefined;
    }
    this.#isStated = false;
    this.#situation = BEHIND;
    this.#consumer.pace(this);
  }

  /** It cannot go on. */
  fail(error: DeltawireError): void {
    this.#consumer.fail(this, error);
  }

  /** The channel is forgotten: who has all of it is left as it is, others are to come again. */
  release(error: DeltawireError): void {
    if (this.#situation.is !== "live" || this.#paging) return void this.fail(error);
    this.#consumer.release?.(this);
    this.end();
  }

  /** Takes a `history`; one that was not answered yet is not any more. */
  page(frame: HistoryFrame): void {
    this.#paging = frame;
    this.#consumer.pace(this);
  }

  /** A frame of the channel, as it comes; returns whether it was sent. */
  deliver(shared: SharedFrame): boolean {
    const { frame } = shared;
    if (this.#situation.is !== "live") return false;
    if (frame.type !== "changes") {
      const fits = frame.seq === this.#seq && !this.#consumer.isCongested;
      if (fits) this.#deliver(shared);
      return fits;
    }
    if (frame.from !== this.#seq) return false;
    const isMissing = this.#last !== undefined && this.channel.isForWhole(frame);
    if (isMissing || this.#consumer.isCongested || !this.#consumer.fits(shared)) {
      this.#situation = BEHIND;
      this.#meter?.slow();
      this.#consumer.pace(this);
      return false;
    }
    this.#seq = frame.to;
    this.#deliver(shared);
    return true;
  }

  #deliver(shared: SharedFrame): void {
    const isReadable = this.#isWhole || !shared.needsState;
    this.#consumer.deliver(shared, this.takesCompressed && isReadable);
  }

  /** Sends the next of what is to be sent; returns whether there is more. */
  step(): boolean {
    const situation = this.#situation;
    if (situation.is === "reading") this.#readOn(situation.pin, situation.chunks);
    else if (situation.is === "behind") this.#repair(situation.begun ?? false);
    else this.#turnPage();
    return this.#situation.is !== "live" || this.#paging !== undefined;
  }

  /** The state that it reads is given up: it begins again, with another one. */
  unpin(): void {
    if (this.#situation.is !== "reading") return;
    this.channel.unpin(this.#situation.pin, this);
    this.#situation = BEHIND;
    this.#seq = undefined; // a snapshot was begun, and only a snapshot ends it
  }

  /** Brings the consumer from where it is to the present version, or on the way there. */
  #repair(begun: boolean): void {
    const { channel } = this;
    const { seq } = channel.state;
    const asked = this.#asked;
    const from = this.#seq;
    if (from === seq) {
      if (this.binary && !this.#isStated) this.#restate(seq);
      else this.#answer("current", seq);
      this.#situation = LIVE;
      return;
    }
    const options = { begun, windowed: this.#last !== undefined };
    const shared = channel.passage(from, options, asked?.request);
    if (shared?.frame.type !== "changes" || !this.#consumer.fits(shared)) {
      this.#reload();
      return;
    }
    const { to } = shared.frame;
    this.#answer("changes", to);
    this.#seq = to;
    this.#isStated = to === seq;
    this.#situation = this.#isStated ? LIVE : { is: "behind", begun: true };
    this.#meter?.composed(shared.frame);
    this.#deliver(shared);
  }

  /** Nothing is new but the codec context. */
  #restate(seq: number): void {
    const { name } = this.channel;
    this.#answer("changes", seq, "current");
    this.#isStated = true;
    const versions = { from: seq, to: seq, changes: [] };
    const answer = { type: "changes", channel: name, request: this.#request } as const;
    this.#deliver(this.channel.catchUp({ ...answer, ...versions }));
  }

  /** Sends the state: at once if it is small, else chunk by chunk. */
  #reload(): void {
    this.#noteSent();
    const { channel } = this;
    const { state, size } = channel; // it is counted over all messages: once, not for each chunk
    this.#epoch = state.epoch;
    this.#isWhole = state.messages.length <= (this.#last ?? state.messages.length);
    this.#meter?.reloaded(state.seq - (this.#seq ?? 0));
    if (this.#isWhole && size <= CHUNK) {
      const [frame] = snapshotFrames(channel.name, state, this.#request, 2 * CHUNK);
      this.#answer("snapshot", state.seq);
      this.#seq = state.seq;
      this.#isStated = true;
      this.#situation = LIVE;
      if (frame) this.#deliver(channel.share(frame));
      return;
    }
    const pin = channel.pin(this.#sent, this);
    this.#answer("snapshot", pin.state.seq);
    const { length } = pin.state.messages;
    const most = this.#last ?? length;
    const left = snapshotFrames(channel.name, pin.state, this.#request, CHUNK, most);
    this.#isWhole = length <= most;
    const areFew = size <= MAX_COMPRESSED;
    this.#situation = { is: "reading", pin, chunks: { left, areFew, next: 0 } };
  }

  #readOn(pin: Pin, chunks: Chunks): void {
    const chunk: SnapshotFrame = chunks.left.next().value;
    const { binary, takesCompact, isLocal } = this;
    const place = [binary, takesCompact, this.#request, this.#last, chunks.next].join();
    chunks.next += 1;
    const shared = shareChunk(pin, chunk, chunks, { binary, takesCompact, isLocal, place });
    const fits = this.#consumer.fits(shared);
    if (!fits || !chunk.more) {
      this.unpin();
      this.#seq = fits ? chunk.seq : undefined;
      this.#isStated = false;
      this.#situation = fits ? BEHIND : LIVE;
    }
    if (fits) this.#deliver(shared);
    else {
      const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the snapshot`;
      this.#fail(new DeltawireError("limit_exceeded", what), this.#request);
    }
  }

  #turnPage(): void {
    const frame = this.#paging;
    if (!frame) return;
    this.#paging = undefined;
    try {
      this.#consumer.send(this.channel.page(frame));
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#fail(error, frame.request);
    }
  }

  #fail({ code, message }: DeltawireError, request: number): void {
    this.#consumer.send({ type: "error", code, message, channel: this.channel.name, request });
  }

  #answer(answer: SubscribedFrame["answer"], seq: number, outcome: Resumption = answer): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#asked = undefined;
    this.#meter?.answered(outcome);
    const { channel, request } = asked;
    const { epoch } = this.channel.state;
    this.#consumer.send({ type: "subscribed", channel, request, epoch, seq, answer });
  }
}
