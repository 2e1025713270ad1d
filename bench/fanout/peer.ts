/** The peers, as they stand in the results. */
export const FANOUT_PEERS = ["deltawire", "ws", "socket-io", "sse", "raw-socket"] as const;

export type FanoutPeerName = (typeof FANOUT_PEERS)[number];

/** The server of a peer, in a process of its own. */
interface FanoutServer {
  readonly port: number;
  /** Sends what is due together to everyone who has joined. */
  send(texts: readonly string[]): void | Promise<void>;
}

/** A consumer that is the peer's own client; it keeps all text. */
export interface Witness {
  readonly text: string;
}

/** A way to bring what one writes to many. */
export interface FanoutPeer {
  /**
   * Begins to serve. Who joins is sent {@link textOf} 0 first, so that it is seen that it has.
   */
  serve(): Promise<FanoutServer>;
  /**
   * What a reader writes to join, without its client: the first at once, each further one when
   * something has come.
   */
  greeting(port: number): readonly Buffer[];
  /** Joins by the peer's own client. */
  watch(port: number): Promise<Witness>;
}

/**
 * The first two bytes of every text (U+2026 in UTF-8): readers count them, so that counting costs
 * the same for each peer, and nothing is to be parsed.
 */
export const MARK: readonly [number, number] = [0xe2, 0x80];

/** About what an agent writes in a tenth of a second; the same for every peer. */
export const textOf = (index: number): string => `… ${index} tokens, all in a tenth of a second`;

/** Turns after which consumers say, in one byte to the server, that all of them have read them. */
export const TURNS_TOLD = 4;
