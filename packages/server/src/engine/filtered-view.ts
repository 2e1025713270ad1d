import { type ChannelState, Composition, type Message } from "@deltawire/protocol";
import { type Matcher, matcherOf } from "@deltawire/protocol/filter";
import type { Change, ChangesFrame, Filter, HistoryFrame, HistoryPageFrame } from "@deltawire/spec";
import type { ChannelReplica } from "./channel-replica.js";
import { FrameLog } from "./frame-log.js";
import { historyPage } from "./history.js";
import { type PassageOptions, passage, type Way, whole } from "./passage.js";
import { type Fate, fatesOf } from "./view-fates.js";

/** Messages that leave a view one by one. */
const FEW = 1;

/** What a {@link FilteredView} is a view of. */
export interface ViewSource {
  readonly engine: ChannelReplica;
}

/**
 * The messages of a channel that match a filter, as a channel of its own whose versions are those of
 * the channel. Pure.
 *
 * 1. It is the filter of the channel's state at its version, in order and content, message by
 *    message the same objects: a view costs a list.
 * 2. A frame takes it from its version to a later one; versions that do not change it have none.
 * 3. A channel's frame costs what it changes. Only where a message begins to match that was there
 *    before, all of them are looked at.
 */
export class FilteredView implements Way {
  readonly channel: string;
  readonly log: FrameLog = new FrameLog();
  readonly #source: ViewSource;
  readonly #matcher: Matcher;
  #state: ChannelState;
  /** The channel's state that was looked at last. */
  #seen: ChannelState;
  #restatedAt = -1;

  constructor(channel: string, filter: Filter, source: ViewSource) {
    this.channel = channel;
    this.#source = source;
    this.#matcher = matcherOf(filter);
    this.#seen = source.engine.state;
    this.#state = this.#filtered(this.#seen);
  }

  #filtered(channel: ChannelState): ChannelState {
    const messages = channel.messages.filter(this.#matcher.matches);
    return channel.with({ messages });
  }

  get state(): ChannelState {
    return this.#state;
  }

  get restatedAt(): number {
    return this.#restatedAt;
  }

  /** About the bytes of its state. */
  get size(): number {
    return this.state.messages.reduce((sum, { size }) => sum + size + 64, 64);
  }

  /** Versions of the channel since its own, at none of which it changed. */
  get behind(): number {
    return this.#seen.seq - this.#state.seq;
  }

  /**
   * Takes a frame of the channel, and what that led to; returns the frame that takes the view there,
   * if it changes, or `anew` where none can: it is another one then.
   */
  take(frame: ChangesFrame, after: ChannelState): ChangesFrame | "anew" | undefined {
    const before = this.#seen;
    if (frame.from !== before.seq) return undefined; // it is of that version already
    this.#seen = after;
    const fates = fatesOf(frame.changes, {
      before,
      after,
      view: this.#state,
      matches: this.#matcher.matches,
    });
    const changes = changesOf(frame.changes, fates);
    if (changes.length === 0) return undefined;
    const next = moved(this.#state, after, fates);
    const hasEntered = [...fates.values()].some(({ is }) => is === "entered");
    if (hasEntered && !isInOrder(next, after)) {
      this.reset();
      return "anew";
    }
    for (const change of changes) {
      const isRestated = change.type === "message_added" && change.generation === 0;
      if (isRestated && this.#state.message(change.id)) this.#restatedAt = frame.to;
    }
    return this.#go(next, changes);
  }

  /** The frame that takes it to the channel's version, where it is the same there. */
  catchUp(): ChangesFrame | undefined {
    return this.behind > 0 ? this.#go(this.#state.with({ seq: this.#seen.seq }), []) : undefined;
  }

  #go(next: ChannelState, changes: readonly Change[]): ChangesFrame {
    const { channel } = this;
    const { seq: from } = this.#state;
    const frame: ChangesFrame = { type: "changes", channel, from, to: next.seq, changes };
    this.#state = next;
    this.log.append(frame);
    return frame;
  }

  /** Begins anew with the channel as it is: another one, or one that is far ahead. */
  reset(): void {
    this.log.clear();
    this.#seen = this.#source.engine.state;
    this.#state = this.#filtered(this.#seen);
  }

  isForWhole(frame: ChangesFrame): boolean {
    return frame.to === this.#restatedAt;
  }

  /** Whether it is known what happened after a version. */
  reaches(seq: number): boolean {
    return seq === this.#state.seq || this.log.reaches(seq);
  }

  /** See {@link ChannelReplica.passage}. */
  passage(seq: number | undefined, options: PassageOptions): ChangesFrame | undefined {
    if (this.log.reaches(seq)) return passage(this, seq, options);
    return this.#fromChannel(seq, options.windowed);
  }

  /** What happened after a version, as one frame; undefined where it takes a snapshot. */
  since(seq: number, windowed: boolean): ChangesFrame | undefined {
    return this.passage(seq, { begun: false, windowed });
  }

  /**
   * The same, of a version at which nobody here has had this view: from the channel's log, where
   * nothing in it can have changed whether a message matches that was there.
   */
  #fromChannel(seq: number | undefined, windowed: boolean): ChangesFrame | undefined {
    const { engine } = this.#source;
    const frames = engine.framesAfter(seq);
    if (!frames || seq === undefined || seq < engine.restatedAt) return undefined;
    const composition = new Composition();
    /** Of these it is known what they were before: nothing, or gone. */
    const known = new Set<string>();
    for (const { to, changes } of frames) {
      if (to > this.#state.seq) break;
      for (const change of changes) {
        if (!known.has(idOf(change)) && this.#mayTurn(change)) return undefined;
        if (change.type === "message_added" || change.type === "message_removed") {
          known.add(change.id);
        }
      }
      composition.add(changes.filter((change) => this.#isAbout(change)));
    }
    return whole(this, seq, composition, windowed);
  }

  /** Whether a change may be what makes a message match that was there, or what ends that. */
  #mayTurn(change: Change): boolean {
    if (change.type === "message_added") return change.generation > 0;
    if (change.type !== "message_patch") return false;
    return change.attributes?.some((each) => this.#matcher.readsWhat(each)) ?? false;
  }

  /** A removal of what the consumer does not have is nothing to it. */
  #isAbout(change: Change): boolean {
    const id = "id" in change ? change.id : undefined;
    if (id === undefined || change.type === "message_removed") return true;
    return this.#state.message(id) !== undefined;
  }

  /** @throws DeltawireError `unknown_message` where there is no message to go back from */
  page(frame: HistoryFrame): HistoryPageFrame {
    return historyPage(this.#state, frame);
  }
}

const idOf = (change: Change): string => ("id" in change ? change.id : "");

/** What of a frame's changes is about the view, and what its messages come and go by besides. */
function changesOf(changes: readonly Change[], fates: ReadonlyMap<string, Fate>): Change[] {
  const turned: Change[] = [];
  for (const [id, fate] of fates) {
    if (fate.is === "gone") turned.push({ type: "message_removed", id });
  }
  for (const fate of fates.values()) {
    if (fate.is !== "entered") continue;
    const { message } = fate;
    const { id, status } = message;
    turned.push(message.addition());
    if (status === "interrupted") turned.push({ type: "message_patch", id, status });
  }
  const kept = changes.filter((change) => {
    const fate = "id" in change ? fates.get(change.id) : undefined;
    if (!("id" in change)) return true;
    if (change.type === "message_removed" && fate?.is === "new") return false;
    return fate?.is === "new" || fate?.is === "kept";
  });
  return [...turned, ...kept];
}

/** The view after a frame that has led the channel to a state. */
function moved(
  view: ChannelState,
  after: ChannelState,
  fates: ReadonlyMap<string, Fate>,
): ChannelState {
  const leaves = new Set<string>();
  const comes: Message[] = [];
  let next = view;
  for (const [id, fate] of fates) {
    if (fate.is === "gone" || (fate.is === "kept" && fate.isAnew)) leaves.add(id);
  }
  // Many at once are one list and one index; the first message alone, which mostly goes, is neither.
  if (leaves.size > FEW) {
    next = next.with({ messages: next.messages.filter(({ id }) => !leaves.has(id)) });
  } else for (const id of leaves) next = next.without(id);
  for (const fate of fates.values()) if (fate.is === "entered") comes.push(fate.message);
  for (const fate of fates.values()) {
    if (fate.is === "kept" || fate.is === "new") comes.push(fate.message);
  }
  for (const message of comes) next = next.withMessage(message);
  const { seq, attributes, closed } = after;
  return next.with({ seq, attributes, ...(closed && { closed }) });
}

/** Whether the messages of a view stand as they do in the channel. */
function isInOrder(view: ChannelState, channel: ChannelState): boolean {
  let at = 0;
  for (const { id } of channel.messages) if (view.messages[at]?.id === id) at += 1;
  return at === view.messages.length;
}
