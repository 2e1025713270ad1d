import { apply, ChannelState } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";
import { CommandDesk } from "./command-desk.js";
import type { BegunEntry, Ended, EngineSnapshot, Entry } from "./entry.js";
import { FrameLog } from "./frame-log.js";
import { Leases, type LeaseTimes } from "./leases.js";
import { remember } from "./memory.js";
import { opened, openPartsOf } from "./open-parts.js";
import { type Outcome, Outcomes } from "./outcome.js";
import { Producers } from "./producers.js";
import { stateOf } from "./stated-channel.js";

/** Removed ids that a channel remembers. */
const MAX_TOMBSTONES = 1024;

/** Producers that are gone, above which it is looked at who of them still owns something. */
const MAX_ABSENT = 1024;

/**
 * All that is known of a channel, and how the entries of its log change it. What an entry is when it
 * is decided, and when another server takes it, is one thing: both go through here. Pure.
 *
 * 1. The same entries lead to the same ledger, whoever takes them.
 * 2. Every entry with changes takes the channel's next version.
 */
export class Ledger {
  readonly channel: string;
  /** The clock's time: milliseconds; set before anything is asked or taken. */
  now = 0;
  state: ChannelState;
  /** The server that sees to the channel. */
  keeper: string | undefined;
  readonly log: FrameLog;
  readonly producers: Producers;
  readonly leases: Leases;
  desk: CommandDesk;
  readonly tombstones: Map<string, number>;
  /** Completed messages whose hooks have not run: their generations. */
  readonly pending: Map<string, number>;
  /** Shared with a fork until one of them changes it: it may be long. */
  #ended: Map<string, number>;
  #isShared = false;
  /** Parts of open messages: every one of them has a number in the codec context. */
  #openParts: number;
  /** The latest version at which a message was stated whole that was there. */
  #restatedAt: number;
  readonly #outcomes = new Outcomes();
  /** About the bytes of the changes that were appended to it. */
  weight = 0;

  private constructor(channel: string, parts: Parts) {
    this.channel = channel;
    this.state = parts.state;
    this.keeper = parts.keeper;
    this.log = parts.log;
    this.producers = parts.producers;
    this.leases = parts.leases;
    this.desk = parts.desk;
    this.tombstones = parts.tombstones;
    this.pending = parts.pending;
    this.#ended = parts.ended;
    this.#openParts = parts.openParts;
    this.#restatedAt = parts.restatedAt;
  }

  /** That of a channel in which nothing has happened. */
  static of(channel: string, epoch: string, times: LeaseTimes): Ledger {
    return new Ledger(channel, {
      state: ChannelState.of(epoch),
      keeper: undefined,
      log: new FrameLog(),
      producers: new Producers(channel),
      leases: new Leases(times),
      desk: new CommandDesk(channel),
      tombstones: new Map(),
      pending: new Map(),
      ended: new Map(),
      openParts: 0,
      restatedAt: -1,
    });
  }

  /** That of a snapshot, of which every message is stated whole. */
  static restore(channel: string, snapshot: EngineSnapshot, times: LeaseTimes): Ledger {
    const state = stateOf(snapshot.channel);
    const generations = (list: readonly Ended[]) =>
      new Map(list.map(({ id, generation }) => [id, generation]));
    return new Ledger(channel, {
      state,
      keeper: snapshot.keeper,
      log: new FrameLog(),
      producers: Producers.restore(channel, snapshot.token, snapshot.producers),
      leases: Leases.restore(times, snapshot.absent),
      desk: CommandDesk.restore(channel, snapshot.commands),
      tombstones: generations(snapshot.tombstones),
      pending: generations(snapshot.pending),
      ended: new Map(snapshot.ended.map(({ id, at }) => [id, at])),
      openParts: openPartsOf(state),
      restatedAt: state.seq, // it is not known: nobody's window is trusted from before
    });
  }

  /** One that goes its own way from here. */
  fork(): Ledger {
    const fork = new Ledger(this.channel, {
      state: this.state,
      keeper: this.keeper,
      log: this.log.fork(),
      producers: this.producers.fork(),
      leases: this.leases.fork(),
      desk: this.desk.fork(),
      tombstones: new Map(this.tombstones),
      pending: new Map(this.pending),
      ended: this.#ended,
      openParts: this.#openParts,
      restatedAt: this.#restatedAt,
    });
    fork.now = this.now;
    this.#isShared = true;
    fork.#isShared = true;
    return fork;
  }

  readonly #ownerOf = (message: string): string | undefined => this.state.message(message)?.origin;

  get openParts(): number {
    return this.#openParts;
  }

  get restatedAt(): number {
    return this.#restatedAt;
  }

  /** When the messages that have ended did, by their ids: milliseconds. */
  get ended(): ReadonlyMap<string, number> {
    return this.#ended;
  }

  /** What entries came to since this was asked last. */
  drain(): Outcome {
    return this.#outcomes.drain();
  }

  /** Takes an entry; returns the frame for every consumer, if any. */
  take(entry: Entry): ChangesFrame | undefined {
    switch (entry.type) {
      case "begun":
        this.#begin(entry);
        return undefined;
      case "attached":
        this.producers.put(entry.producer);
        this.leases.back(entry.producer.id);
        return this.append(entry.changes);
      case "renewed":
        this.producers.move(entry.producer, entry.server);
        this.leases.back(entry.producer);
        return this.append(entry.changes);
      case "appended": {
        const { producer, seq, refused = [], stale } = entry;
        this.producers.heard(producer, seq, stale && new Set(stale), refused);
        return this.append(entry.changes);
      }
      case "left":
        for (const producer of entry.producers) this.#leave(producer, entry.since);
        return undefined;
      case "lapsed":
        this.leases.lapsed(entry);
        return this.append(entry.changes);
      case "changed":
        return this.append(entry.changes);
      case "kept":
        this.keeper = entry.server;
        return undefined;
      case "hooked":
        for (const { id, generation } of entry.messages) {
          if (this.pending.get(id) === generation) this.pending.delete(id);
        }
        return undefined;
      default:
        this.#outcomes.effects(this.desk.apply(entry, this.#ownerOf));
        return undefined;
    }
  }

  #leave(producer: string, since: number): void {
    this.producers.move(producer, undefined);
    this.leases.leave(producer, since);
    const { leases, state } = this;
    this.#outcomes.effects(this.desk.left(producer, since + leases.lease, this.#ownerOf));
    if (leases.size <= MAX_ABSENT) return;
    const open = state.messages.filter(({ isFinal }) => !isFinal);
    leases.keep(new Set(open.flatMap(({ origin }) => origin ?? [])));
  }

  #begin({ channel, token, pending }: BegunEntry): void {
    this.state = stateOf(channel);
    this.#openParts = openPartsOf(this.state);
    this.#restatedAt = this.state.seq;
    this.log.clear();
    this.producers.clear(token);
    this.leases.clear();
    this.desk = new CommandDesk(this.channel);
    this.tombstones.clear();
    this.pending.clear();
    for (const { id, generation } of pending) this.pending.set(id, generation);
    this.#ended = new Map();
    this.#isShared = false;
    for (const { id, isFinal, origin } of this.state.messages) {
      if (isFinal) this.#ended.set(id, this.now);
      else if (origin !== undefined) this.leases.leave(origin, this.now);
    }
    this.#outcomes.begun();
  }

  /**
   * Changes of the next version.
   *
   * @param next what they lead to, where that is known already
   */
  append(changes: readonly Change[], next?: ChannelState): ChangesFrame | undefined {
    if (changes.length === 0) return undefined;
    const before = this.state;
    const { seq: from } = before;
    const frame: ChangesFrame = {
      type: "changes",
      channel: this.channel,
      from,
      to: from + 1,
      changes,
    };
    this.state = next?.with({ seq: frame.to }) ?? apply(before, frame);
    this.#openParts += opened(changes, before, this.state);
    for (const change of changes) this.#note(change, frame, before);
    this.weight += this.log.append(frame);
    this.#outcomes.frame(frame, this.state);
    if (!this.desk.isIdle) this.#outcomes.effects(this.desk.offer(this.#ownerOf));
    return frame;
  }

  /** What a change means beside the state. */
  #note(change: Change, frame: ChangesFrame, before: ChannelState): void {
    switch (change.type) {
      case "message_added":
        if (change.generation === 0 && before.message(change.id)) this.#restatedAt = frame.to;
        if (this.#ended.has(change.id)) this.#ownEnded().delete(change.id);
        if (change.status) this.#noteEnd(change.id);
        break;
      case "message_completed":
        this.#noteEnd(change.id);
        break;
      case "message_removed": {
        const generation = generationOf(change.id, frame, before);
        remember(this.tombstones, change.id, generation, MAX_TOMBSTONES);
        if (this.#ended.has(change.id)) this.#ownEnded().delete(change.id);
        this.pending.delete(change.id);
        break;
      }
    }
  }

  #noteEnd(id: string): void {
    const message = this.state.message(id);
    if (!message?.isFinal || this.pending.get(id) === message.generation) return;
    this.#outcomes.ended(message);
    this.#ownEnded().set(id, this.now);
    this.pending.set(id, message.generation);
  }

  #ownEnded(): Map<string, number> {
    if (this.#isShared) this.#ended = new Map(this.#ended);
    this.#isShared = false;
    return this.#ended;
  }
}

/** The generation of a message that a frame removes; it may have been begun in the frame itself. */
function generationOf(id: string, { changes }: ChangesFrame, before: ChannelState): number {
  let generation = before.message(id)?.generation ?? 0;
  for (const change of changes) {
    if (change.type === "message_added" && change.id === id) generation = change.generation;
  }
  return generation;
}
/** What a {@link Ledger} is made of. */
interface Parts {
  readonly state: ChannelState;
  readonly keeper: string | undefined;
  readonly log: FrameLog;
  readonly producers: Producers;
  readonly leases: Leases;
  readonly desk: CommandDesk;
  readonly tombstones: Map<string, number>;
  readonly pending: Map<string, number>;
  readonly ended: Map<string, number>;
  readonly openParts: number;
  readonly restatedAt: number;
}
