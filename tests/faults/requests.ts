import type { ClusterPlace, SentinelPlace } from "@deltawire/redis";

/** Where a server can be told to end its own process. */
export const TRAPS = [
  "before append",
  "during append",
  "after append",
  "after read",
  "after save",
  "before compaction",
  "after compaction",
  "in a hook",
] as const;

/** See {@link TRAPS}. */
export type Trap = (typeof TRAPS)[number];

/** A place in a server's work: the server kills its process when it is there for the `count`th time. */
export interface Point {
  readonly trap: Trap;
  readonly count: number;
}

/** What a server is started with. */
export interface ServerSettings {
  readonly port: number;
  readonly redis: string | SentinelPlace | ClusterPlace;
  readonly postgres: string;
  readonly point?: Point | undefined;
  /** Whether its warnings go to stderr. */
  readonly isLogging: boolean;
}

/** What a server tells: that it listens, each call of its hook, and when it kills itself. */
export type ServerNote =
  | { readonly type: "listening" }
  | { readonly type: "dying"; readonly at: number }
  | {
      readonly type: "hook";
      readonly key: string;
      readonly channel: string;
      readonly id: string;
      readonly text: string;
    };

/** To a server: the point at which it dies from now on, if any. Answered by {@link Passed}. */
export interface ServerRequest {
  readonly point?: Point | undefined;
}

/** How often a server's process has been at each trap. */
export type Passed = Partial<Record<Trap, number>>;

/** Texts of completed messages by id, by channel. */
export type Written = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What producers are started with. */
export interface ProducersSettings {
  readonly url: string;
  readonly producers: number;
  /** Milliseconds between two edits of one producer. */
  readonly pace: number;
}

/** To producers. */
export type ProducersRequest =
  /** Write to these channels, until told to finish. */
  | { readonly type: "write"; readonly channels: readonly string[]; readonly run: string }
  /** Complete the message in hand, and stop. Answered by {@link Written}, of this run. */
  | { readonly type: "finish" };

/** What consumers are started with. */
export interface ConsumersSettings {
  readonly url: string;
  readonly consumers: number;
}

/** To consumers; each but the first is answered by what is wrong, nothing when all is well. */
export type ConsumersRequest =
  /** Read these channels, instead of those before. */
  | { readonly type: "read"; readonly channels: readonly string[] }
  /** Has each of you something that was written after a time? */
  | { readonly type: "newer"; readonly than: number; readonly within: number }
  /** Does each of you have what was written, and nothing else? */
  | { readonly type: "compare"; readonly written: Written; readonly within: number };
