/** A place in a channel's log. */
export interface LogPosition {
  /** Counts the channel's records, from 1; 0 is the place before the first. */
  readonly index: number;
  /** Names the record at that place as no other record is named; `""` at 0. */
  readonly tag: string;
}

/** The place before the first record. */
export const LOG_START: LogPosition = { index: 0, tag: "" };

/** What a log keeps, at its place: a record, or the snapshot of everything up to there. */
export interface LogRecord extends LogPosition {
  /** The server's own format, with a version in it: a log does not look inside. */
  readonly data: Uint8Array;
}

/** What a log holds of a channel. */
export interface LogContents {
  /**
   * `true`: `records` are all that follow the place that was asked for, perhaps none. `false`: that
   * place is not in the log, and this is everything that is; nothing at all for a channel that is
   * not there.
   */
  readonly continues: boolean;
  /** The latest snapshot; absent where there is none, and where the records continue. */
  readonly snapshot?: LogRecord;
  /**
   * In order, without holes, up to the end. Where there is a snapshot, records from before it may
   * stand first: they are kept for who comes back with an older version.
   */
  readonly records: readonly LogRecord[];
}

/** What became of an append: it stands at the end, or the log had gone on from another place. */
export type LogAnswer =
  | { readonly type: "appended" }
  | { readonly type: "conflict"; readonly contents: LogContents };

/** What a log tells who follows a channel. */
export type LogNews =
  /** A record, with the tag of the one before it. It may come twice, late, or never. */
  | { readonly type: "record"; readonly record: LogRecord; readonly before: string }
  /** News may have been missed: read. */
  | { readonly type: "doubt" }
  /** The channel was deleted. */
  | { readonly type: "deleted" };

/** One server's sign of life. */
export interface LogLease {
  /** The server, by an id that is unlike any other's. */
  readonly server: string;
  /** Milliseconds that the sign counts, by the log's clock; 0 for a server that leaves. */
  readonly duration: number;
  /** Channels with unfinished work that this server sees to. */
  readonly channels: readonly string[];
}

/** What a log knows of its servers. */
export interface LogLiving {
  /** The log's clock: milliseconds since 1970 (UTC). All servers' leases are counted by it. */
  readonly now: number;
  /** The servers whose sign of life counts, this one among them unless it leaves. */
  readonly servers: readonly string[];
  /**
   * Names what the log has kept since it was last empty. Another name tells servers that everything
   * before is lost, and not deleted: what they still know goes into it again.
   */
  readonly incarnation: string;
  /** Some of the channels with unfinished work that no living server sees to: 256 at most. */
  readonly orphans: readonly string[];
}

/**
 * The log: the order of each channel's records, shared by all servers that use it. It does the
 * ordering and nothing else: what a record means, and who may append it, servers decide, against
 * everything up to the place that the record is appended after. One comparison of that place, in one
 * step with the append, is what makes those decisions hold: of two servers that decide at the same
 * place one appends, and the other one decides again.
 *
 * A call that rejects may have happened or not; nothing else is disturbed. A server asks again, or
 * reads to find out. What resolved survives what {@link durability} says.
 */
export interface Log {
  /** What a record survives: the server's process, or the server's machine. */
  readonly durability: "disk" | "shared";

  /**
   * Renews a server's lease, and takes note of the channels that it sees to. Where this fails the
   * lease runs out, and others see to the channels: nothing is lost, two may do the same work.
   */
  renew(lease: LogLease): Promise<LogLiving>;

  /**
   * Appends a record, if the log of the channel ends at `after`. Where it does not, nothing is
   * appended and the answer holds what a {@link read} after that place would.
   *
   * @param record its index is that of `after` and 1
   * @param unfinished whether the channel has work after it that must not be forgotten when this
   *   server dies: the log remembers that before it has the record, until a record says otherwise.
   *   This server sees to it from then on, as long as its last sign of life counts
   */
  append(
    channel: string,
    after: LogPosition,
    record: LogRecord,
    unfinished: boolean,
  ): Promise<LogAnswer>;

  /** What the log holds after a place. @param after default: everything */
  read(channel: string, after?: LogPosition): Promise<LogContents>;

  /**
   * Puts a snapshot in place of the records up to its own place, but for the last `keep` of them. One
   * that is older than the snapshot that is there, or whose place is not in the log, changes nothing.
   * Where this fails the log grows on.
   */
  compact(channel: string, snapshot: LogRecord, keep: number): Promise<void>;

  /**
   * Tells of records of a channel as they are appended, those of this server too. News may be lost:
   * who follows compares tags, and reads now and then.
   *
   * @returns stops it
   */
  follow(channel: string, tell: (news: LogNews) => void): () => void;

  /** Deletes a channel's records and snapshot, and tells who follows it. */
  delete(channel: string): Promise<void>;
}
