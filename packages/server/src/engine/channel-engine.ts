import type { ChannelState } from "@deltawire/protocol";
import {
  type AckFrame,
  type Change,
  type ChangesFrame,
  DeltawireError,
  LIMITS,
  type ProducingFrame,
  type Refusal,
} from "@deltawire/spec";
import { admit } from "./admission.js";
import { ChannelReplica } from "./channel-replica.js";
import type { CommandEntry } from "./command-entry.js";
import type { BegunEntry, Ended, EngineSnapshot, Entry } from "./entry.js";
import { LEASE_TIMES, type LeaseTimes } from "./leases.js";
import { Ledger } from "./ledger.js";
import { opened } from "./open-parts.js";
import type { Outcome } from "./outcome.js";
import type { Claim } from "./producers.js";

/** What an append did. */
export interface Appended {
  /** The frame for every consumer; absent where nothing was left to append. */
  readonly frame?: ChangesFrame;
  readonly ack: AckFrame;
}

/** What an attachment did. */
export interface Attached {
  readonly producing: ProducingFrame;
  /** The frame for every consumer, where messages go on that were interrupted. */
  readonly frame: ChangesFrame | undefined;
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
 * 6. An open message whose producer is gone is interrupted, and long after has failed.
 * 7. Each decision is an entry, and changes nothing but by {@link Ledger.take} or what comes to the
 *    same: another server that takes the entries is where this one is.
 */
export class ChannelEngine extends ChannelReplica {
  readonly #times: LeaseTimes;
  /** What was decided, where somebody wants to know. */
  #entries: Entry[] | undefined;

  /** @param epoch a name for this incarnation of the channel that no earlier one had */
  constructor(channel: string, epoch: string, times: LeaseTimes = LEASE_TIMES) {
    super(channel, Ledger.of(channel, epoch, times));
    this.#times = times;
  }

  /** That of a snapshot, of which every message is stated whole. */
  static restore(channel: string, snapshot: EngineSnapshot, times: LeaseTimes): ChannelEngine {
    const engine = new ChannelEngine(channel, "", times);
    engine.ledger = Ledger.restore(channel, snapshot, times);
    return engine;
  }

  /** One that decides from here on, and whose decisions are {@link entries}; this one stays. */
  draft(): ChannelEngine {
    const draft = new ChannelEngine(this.channel, "", this.#times);
    draft.ledger = this.ledger.fork();
    draft.#entries = [];
    return draft;
  }

  /** What a draft has decided. */
  get entries(): readonly Entry[] {
    return this.#entries ?? [];
  }

  /** The draft's decisions have been taken by the log: it is the channel now. */
  settle(): void {
    this.#entries = undefined;
  }

  /** The clock's time, in milliseconds: set before anything is decided or taken. */
  set now(now: number) {
    this.ledger.now = now;
  }

  get now(): number {
    return this.ledger.now;
  }

  /** What was decided or taken since this was asked last. */
  drain(): Outcome {
    return this.ledger.drain();
  }

  /** Takes what another server has decided. */
  take(entry: Entry): void {
    this.ledger.take(entry);
  }

  /** About the bytes of the changes that were decided. */
  get weight(): number {
    return this.ledger.weight;
  }

  #decide(entry: Entry): ChangesFrame | undefined {
    this.#entries?.push(entry);
    return this.ledger.take(entry);
  }

  /** Another incarnation begins. */
  begin(begins: Omit<BegunEntry, "type">): void {
    this.#decide({ type: "begun", ...begins });
  }

  /** A server sees to the channel from now on, or none. */
  keep(server: string | undefined): void {
    if (server === this.keeper) return;
    this.#decide({ type: "kept", ...(server !== undefined && { server }) });
  }

  /** The hooks of messages have run. */
  hooked(messages: readonly Ended[]): void {
    const { pending } = this;
    const known = messages.filter(({ id, generation }) => pending.get(id) === generation);
    if (known.length > 0) this.#decide({ type: "hooked", messages: known });
  }

  /** Something of the channel's commands; see `CommandDesk`. */
  command(entry: CommandEntry): void {
    if (this.ledger.desk.isNews(entry)) this.#entries?.push(entry);
    this.ledger.take(entry);
  }

  /** Removes everything, and ends the channel. */
  erase(reason: string): void {
    if (this.state.closed) return;
    this.change([...removals(this.state.messages), { type: "channel_closed", reason }]);
  }

  /** Changes of the server's own. */
  change(changes: readonly Change[]): void {
    if (changes.length > 0) this.#decide({ type: "changed", changes });
  }

  /**
   * Messages are removed, by the channel's own bounds: but for what was begun again since.
   *
   * @param seen the state that was looked at, in which they had ended
   */
  remove(ids: readonly string[], seen: ChannelState): void {
    const { state } = this;
    const known = ids.flatMap((id) => {
      const message = state.message(id);
      return message && message.generation === seen.message(id)?.generation ? [message] : [];
    });
    if (!state.closed) this.change(removals(known));
  }

  /**
   * A producer begins to write, or takes over from an earlier attachment of its own.
   *
   * @throws DeltawireError `fenced`, see {@link Producers}
   */
  attach(producer: string, claim: Claim = {}): Attached {
    const { producers, leases } = this.ledger;
    const row = producers.attaching(producer, claim);
    const frame = this.#decide({
      type: "attached",
      producer: row,
      changes: this.#goingOn(producer),
    });
    const { token, seq, refused } = row;
    const { epoch } = this.state;
    const head = { type: "producing", channel: this.channel, producer, epoch } as const;
    const names = claim.seq === undefined ? {} : namesOf(refused);
    return { producing: { ...head, seq, token, lease: leases.lease, ...names }, frame };
  }

  /**
   * A producer that was gone goes on under its token, at a server; returns the frame for every
   * consumer, where its messages were interrupted.
   *
   * @throws DeltawireError `fenced` after a later attachment, or where the producer was forgotten
   */
  renew(producer: string, token: number, server?: string): ChangesFrame | undefined {
    const known = this.ledger.producers.get(producer);
    if (known?.token !== token) throw this.ledger.producers.fenced(producer);
    if (!this.isAbsent(producer) && known.server === server) return undefined;
    const changes = this.#goingOn(producer);
    return this.#decide({
      type: "renewed",
      producer,
      ...(server !== undefined && { server }),
      changes,
    });
  }

  #goingOn(producer: string): readonly Change[] {
    if (!this.ledger.leases.isInterrupted(producer)) return [];
    return this.#statusOf(new Set([producer]), "interrupted", "streaming");
  }

  /** The connection of an attachment is gone. */
  detach(producer: string, token: number, now: number): void {
    const known = this.ledger.producers.get(producer);
    if ((known?.token ?? token) !== token) return;
    this.#leave([producer], now);
  }

  /** The servers of all other attachments are gone, and their producers with them. */
  abandon(isAlive: (server: string) => boolean, now: number): void {
    const gone = [...this.attached()].filter(([, server]) => !isAlive(server));
    const producers = gone.map(([producer]) => producer);
    if (producers.length > 0) this.#leave(producers, now);
  }

  #leave(producers: readonly string[], since: number): void {
    const { leases } = this.ledger;
    const owners = new Set(this.state.messages.flatMap((m) => (m.isFinal ? [] : (m.origin ?? []))));
    const attached = new Map(this.attached());
    const leaving = producers.filter(
      (producer) => attached.has(producer) || (owners.has(producer) && !leases.isAbsent(producer)),
    );
    if (leaving.length > 0) this.#decide({ type: "left", producers: leaving, since });
  }

  /** When {@link lapse} has something to do next; undefined while no producer is gone. */
  get dueAt(): number | undefined {
    return this.ledger.leases.dueAt;
  }

  /** Ends what producers have left open whose time is up; the frame for every consumer, if any. */
  lapse(now: number): ChangesFrame | undefined {
    const { interrupted, lost } = this.ledger.leases.due(now);
    if (interrupted.length === 0 && lost.length === 0) return undefined;
    const ended = new Set(lost);
    const changes = this.#statusOf(new Set(interrupted), "streaming", "interrupted");
    for (const message of this.state.messages) {
      if (message.isFinal || message.origin === undefined || !ended.has(message.origin)) continue;
      const error = { code: "producer_lost", message: "its producer did not come back" };
      const digests = message.digests();
      changes.push({ type: "message_completed", id: message.id, status: "failed", error, digests });
    }
    const isClosed = this.state.closed !== undefined;
    return this.#decide({ type: "lapsed", interrupted, lost, changes: isClosed ? [] : changes });
  }

  #statusOf(
    producers: ReadonlySet<string>,
    from: "streaming" | "interrupted",
    status: "streaming" | "interrupted",
  ): Change[] {
    if (this.state.closed) return [];
    return this.state.messages
      .filter((m) => m.status === from && m.origin !== undefined && producers.has(m.origin))
      .map(({ id }) => ({ type: "message_patch", id, status }));
  }

  /**
   * Appends a producer's frame.
   *
   * @throws DeltawireError `fenced` after a later attachment, `gap` where frames are missing or the
   *   producer was forgotten, `limit_exceeded`, and what {@link admit} throws; the channel is what
   *   it was then
   */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const ledger = this.ledger;
    const channel = this.channel;
    const known = ledger.producers.get(producer);
    if (known && known.token !== token) throw ledger.producers.fenced(producer);
    if (known && frame.to <= known.seq) {
      const again = known.refused.filter(({ seq }) => seq > frame.from && seq <= frame.to);
      return { ack: { type: "ack", channel, seq: known.seq, ...namesOf(again) } };
    }
    if (!known || frame.from !== known.seq) {
      const where = known ? `is at version ${known.seq}` : "was forgotten";
      const what = `producer ${producer} ${where}, the frame begins at ${frame.from}; attach anew`;
      throw new DeltawireError("gap", what, { channel, path: "/from" });
    }
    const { changes, refused, stale, state } = admit(ledger.state, frame.changes, {
      producer,
      isOutrankedBy: (owner) => (ledger.producers.get(owner)?.token ?? 0) > token,
      tombstones: ledger.tombstones,
      stale: known.stale,
    });
    this.#checkRoom(changes, state);
    this.#entries?.push({
      type: "appended",
      producer,
      seq: frame.to,
      changes,
      ...(refused.length > 0 && { refused }),
      ...(stale !== known.stale && { stale: [...stale] }),
    });
    ledger.producers.heard(producer, frame.to, stale, refused);
    const ack: AckFrame = { type: "ack", channel, seq: frame.to, ...namesOf(refused) };
    const appended = ledger.append(changes, state);
    return appended ? { frame: appended, ack } : { ack };
  }

  #checkRoom(changes: readonly Change[], next: ChannelState): void {
    const more = opened(changes, this.state, next);
    if (more <= 0 || this.ledger.openParts + more <= LIMITS.max_list_length) return;
    const what = `max_list_length (${LIMITS.max_list_length}) exceeded by parts of open messages`;
    throw new DeltawireError("limit_exceeded", what, { channel: this.channel, path: "" });
  }
}

/** What is named of refusals, if there are any. */
const namesOf = (refused: readonly Refusal[]): Pick<AckFrame, "refused"> =>
  refused.length === 0
    ? {}
    : { refused: refused.map(({ message, code, count }) => ({ message, code, count })) };

const removals = (messages: readonly Ended[]): Change[] =>
  messages.map(({ id }) => ({ type: "message_removed", id }));
