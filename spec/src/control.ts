/** The first frame of a client. */
export interface HelloFrame {
  readonly type: "hello";
  readonly version: 1;
  /** Proves who the client is, where the server asks for that. */
  readonly token?: string;
  /** Name and version of the client's software, for the server's log. */
  readonly client?: string;
}

/** The server's answer to `hello`. */
export interface WelcomeFrame {
  readonly type: "welcome";
  readonly version: 1;
  /** What an acknowledgement survives: nothing, the server's process, or the server. */
  readonly durability: "memory" | "disk" | "shared";
  /** Name and version of the server's software. */
  readonly server?: string;
}

/** Asks to follow a channel, or to be repaired; `request` grows with each for the channel. */
export interface SubscribeFrame {
  readonly type: "subscribe";
  readonly channel: string;
  readonly request: number;
  /** The version that the consumer holds; both, or neither for a snapshot. */
  readonly epoch?: string;
  readonly seq?: number;
}

/** Answers `subscribe`, and says what comes next on this channel. */
export interface SubscribedFrame {
  readonly type: "subscribed";
  readonly channel: string;
  readonly request: number;
  readonly epoch: string;
  readonly seq: number;
  readonly answer: "current" | "changes" | "snapshot";
}

/** Ends a subscription. */
export interface UnsubscribeFrame {
  readonly type: "unsubscribe";
  readonly channel: string;
}

/** Asks to write to a channel. */
export interface ProduceFrame {
  readonly type: "produce";
  readonly channel: string;
  readonly producer: string;
}

/** Answers `produce`. */
export interface ProducingFrame {
  readonly type: "producing";
  readonly channel: string;
  readonly producer: string;
  readonly epoch: string;
  /** The last of this producer's versions that the log holds; 0 when there is none. */
  readonly seq: number;
  /** The fencing token of this attachment. */
  readonly token: number;
}

/** A message whose changes were dropped, why, and how many of them. */
export interface Refusal {
  readonly message: string;
  readonly code: string;
  readonly count: number;
}

/** The log holds the producer's changes up to `seq`. */
export interface AckFrame {
  readonly type: "ack";
  readonly channel: string;
  readonly seq: number;
  readonly refused?: readonly Refusal[];
}

/** What a part must be at version `seq`. */
export interface CheckpointFrame {
  readonly type: "checkpoint";
  readonly channel: string;
  readonly seq: number;
  readonly message: string;
  readonly part: string;
  readonly length: number;
  readonly crc32: number;
}

/** Asks for a `pong`. */
export interface PingFrame {
  readonly type: "ping";
  readonly id?: number;
}

/** Answers `ping` with its `id`. */
export interface PongFrame {
  readonly type: "pong";
  readonly id?: number;
}

/** What failed, where, and what to do about it. */
export interface ErrorFrame {
  readonly type: "error";
  /** One of `ERROR_CODES`; a code that the receiver does not know counts as `internal`. */
  readonly code: string;
  readonly message: string;
  readonly channel?: string;
  readonly request?: number;
  readonly path?: string;
}

/** The server is about to close the connection. */
export interface GoodbyeFrame {
  readonly type: "goodbye";
  readonly reason: string;
  /** Milliseconds until this client may come back. */
  readonly retry_after?: number;
}
