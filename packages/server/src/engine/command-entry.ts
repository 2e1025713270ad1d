import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";

/** One run of a producer's attachment that takes commands. */
export interface Taking {
  readonly producer: string;
  /** The attachment's fencing token: of two takings the one with the lower is over. */
  readonly token: number;
  /** The server that it is attached at, where there are several. */
  readonly server?: string;
}

/** Somebody asks, or asks again. */
export interface AskedEntry {
  readonly type: "asked";
  /** What the server knows of who it is; what the frame says of that is not heard. */
  readonly by?: string;
  readonly frame: CommandFrame;
  /** Milliseconds of the channel's clock, here and below. */
  readonly now: number;
}

/** A producer takes commands from now on; also when it has attached anew. */
interface TakingEntry extends Taking {
  readonly type: "taking";
}

/** It does not any more: what it has waits for it until then. */
export interface AwayEntry extends Taking {
  readonly type: "away";
  readonly until: number;
}

/** A producer says what became of a command. */
export interface AnsweredEntry extends Taking {
  readonly type: "answered";
  readonly frame: CommandResultFrame;
}

/** Time has passed: for producers that are away, and for answers. */
interface ExpiredEntry {
  readonly type: "expired";
  readonly now: number;
}

/** What happens to the commands of a channel. */
export type CommandEntry = AskedEntry | TakingEntry | AwayEntry | AnsweredEntry | ExpiredEntry;

/** What has to be sent, in order: each by the server that has who it is for. */
export type CommandEffect =
  /** To all who wait for the command of that key; `isEnd`: it has ended just now. */
  | {
      readonly is: "answer";
      readonly key: string;
      readonly frame: CommandResultFrame;
      readonly isEnd: boolean;
    }
  | { readonly is: "deliver"; readonly to: Taking; readonly frame: CommandFrame };

/** A command that waits for its answer. */
export interface WaitingRow {
  readonly frame: CommandFrame;
  readonly dueAt: number;
  /** The producer that has it. */
  readonly taker?: string;
}

/** A producer that took commands and may come back, and until when it is waited for. */
export interface AwayRow extends Taking {
  readonly until: number;
}

/** A command's key, and its result. */
export interface ResultRow {
  readonly key: string;
  readonly frame: CommandResultFrame;
}

/** All that a desk knows, as plain data; each list in its order. */
export interface DeskSnapshot {
  readonly waiting: readonly WaitingRow[];
  readonly takers: readonly Taking[];
  readonly away: readonly AwayRow[];
  readonly results: readonly ResultRow[];
}

/** Names a command. Ids are anything, so a separator could be part of one. */
export const commandKey = (by: string | undefined, id: string): string =>
  `${by?.length ?? ""}:${by ?? ""}${id}`;

/** Whether two are the same run. */
export const isSameTaking = (one: Taking, other: Taking): boolean =>
  one.producer === other.producer && one.token === other.token && one.server === other.server;
