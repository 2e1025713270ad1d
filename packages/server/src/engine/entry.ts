import type { Change, Closure, JsonObject, MessageSnapshot, Refusal } from "@deltawire/spec";
import type { CommandEntry, DeskSnapshot } from "./command-entry.js";

/** A producer as a channel knows it. */
export interface ProducerRow {
  readonly id: string;
  readonly token: number;
  /** The last of its versions that the log holds. */
  readonly seq: number;
  readonly instance?: string;
  /** The server that it is attached at. */
  readonly server?: string;
  /** What was refused lately, with the version of the frame. */
  readonly refused: readonly RefusedRow[];
  /** Messages that it has stated in an older generation. */
  readonly stale: readonly string[];
}

/** A refusal, and the producer's version that it answers. */
export interface RefusedRow extends Refusal {
  readonly seq: number;
}

/** A message that the store has as it is: it has ended, and stands there whole. */
export interface MessageReference {
  readonly id: string;
  readonly generation: number;
  readonly stored: true;
}

/** A message as a log states it. */
export type StatedMessage = MessageSnapshot | MessageReference;

/** A channel's state, as a log states it. */
export interface StatedChannel {
  readonly epoch: string;
  readonly seq: number;
  readonly attributes: JsonObject;
  readonly closed?: Closure;
  readonly messages: readonly StatedMessage[];
}

/** An incarnation of the channel begins. What was before is nothing to it. */
export interface BegunEntry {
  readonly type: "begun";
  readonly channel: StatedChannel;
  /** The greatest fencing token that was given before: tokens go on. */
  readonly token: number;
  /** Messages of it that have ended, and whose hooks have not run. */
  readonly pending: readonly Ended[];
}

/** A producer has attached; `changes` where messages go on that were interrupted. */
interface AttachedEntry {
  readonly type: "attached";
  readonly producer: ProducerRow;
  readonly changes: readonly Change[];
}

/** A producer that was gone goes on under its token. */
interface RenewedEntry {
  readonly type: "renewed";
  readonly producer: string;
  readonly server?: string;
  readonly changes: readonly Change[];
}

/** A producer's frame was taken, as far as it was admitted. */
export interface AppendedEntry {
  readonly type: "appended";
  readonly producer: string;
  readonly seq: number;
  readonly changes: readonly Change[];
  /** What was refused of it. */
  readonly refused?: readonly Refusal[];
  /** Where they have changed: messages that the producer is behind with. */
  readonly stale?: readonly string[];
}

/** Producers are gone, since a time. */
interface LeftEntry {
  readonly type: "left";
  readonly producers: readonly string[];
  readonly since: number;
}

/** Producers' time is up. */
interface LapsedEntry {
  readonly type: "lapsed";
  readonly interrupted: readonly string[];
  readonly lost: readonly string[];
  readonly changes: readonly Change[];
}

/** The server's own changes: retention. */
interface ChangedEntry {
  readonly type: "changed";
  readonly changes: readonly Change[];
}

/** A server sees to the channel; none where `server` is absent. */
interface KeptEntry {
  readonly type: "kept";
  readonly server?: string;
}

/** The hooks of completed messages have run. */
interface HookedEntry {
  readonly type: "hooked";
  readonly messages: readonly Ended[];
}

/** A message that has ended, in its generation. */
export interface Ended {
  readonly id: string;
  readonly generation: number;
}

/** What a channel's log is made of: each is decided by one server, and taken by all. */
export type Entry =
  | BegunEntry
  | AttachedEntry
  | RenewedEntry
  | AppendedEntry
  | LeftEntry
  | LapsedEntry
  | ChangedEntry
  | KeptEntry
  | HookedEntry
  | CommandEntry;

/** Everything that an engine knows, as plain data. */
export interface EngineSnapshot {
  readonly channel: StatedChannel;
  /** The greatest fencing token that was given. */
  readonly token: number;
  /** The one longest unheard of first. */
  readonly producers: readonly ProducerRow[];
  /** Removed messages, by id, the oldest first: their generations. */
  readonly tombstones: readonly Ended[];
  readonly absent: readonly AbsentRow[];
  readonly keeper?: string;
  /** When the messages that are there ended: milliseconds of the log's clock. */
  readonly ended: readonly EndedAt[];
  /** Completed messages whose hooks have not run. */
  readonly pending: readonly Ended[];
  readonly commands: DeskSnapshot;
}

/** A producer that is gone. */
export interface AbsentRow {
  readonly producer: string;
  readonly since: number;
  readonly interrupted: boolean;
}

/** When a message ended. */
export interface EndedAt {
  readonly id: string;
  readonly at: number;
}
