import type { JsonValue, MessageError } from "./content.js";
import type { Filter } from "./filter.js";

/** The first frame of a client. */
export interface HelloFrame {
  readonly type: "hello";
  readonly version: 1;
  /** Proves who the client is, where the server asks for that. */
  readonly token?: string;
  /** Name and version of the client's software, for the server's log. */
  readonly client?: string;
  /** What it can do beyond the version: of {@link Capability}; a server ignores the others. */
  readonly capabilities?: readonly string[];
}

/** The server's answer to `hello`. */
export interface WelcomeFrame {
  readonly type: "welcome";
  readonly version: 1;
  /** What an acknowledgement survives: nothing, the server's process, or the server. */
  readonly durability: "memory" | "disk" | "shared";
  /** Milliseconds of silence after which an end asks with `ping`; after twice that it closes. */
  readonly heartbeat?: number;
  /** Milliseconds until the token is no longer good; `authenticate` with another one before. */
  readonly expires_in?: number;
  /** Name and version of the server's software. */
  readonly server?: string;
  /** What it can do beyond the version: of {@link Capability}; a client ignores the others. */
  readonly capabilities?: readonly string[];
}

/** Proves anew who the client is, before the token of `hello` expires. */
export interface AuthenticateFrame {
  readonly type: "authenticate";
  readonly token: string;
}

/** Answers `authenticate`: the new token counts from now on. */
export interface AuthenticatedFrame {
  readonly type: "authenticated";
  /** Milliseconds until the token is no longer good. */
  readonly expires_in?: number;
}

/** Asks to follow a channel, or to be repaired; `request` grows with each for the channel. */
export interface SubscribeFrame {
  readonly type: "subscribe";
  readonly channel: string;
  readonly request: number;
  /** The version that the consumer holds; both, or neither for a snapshot. */
  readonly epoch?: string;
  readonly seq?: number;
  /** A snapshot may leave out all but this many messages, the last ones. */
  readonly last?: number;
  /** Only messages that match. What the consumer holds is of the same filter. */
  readonly filter?: Filter;
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

/** Asks for messages before those that the consumer has. */
export interface HistoryFrame {
  readonly type: "history";
  readonly channel: string;
  /** Greater than in any `subscribe` or `history` before it for this channel. */
  readonly request: number;
  /** The id of the message that the page ends before. */
  readonly before: string;
  /** Messages that it has at most. */
  readonly last: number;
  /** Over HTTP, where there is no subscription to say it: only messages that match. */
  readonly filter?: Filter;
}

/** Asks to write to a channel. */
export interface ProduceFrame {
  readonly type: "produce";
  readonly channel: string;
  readonly producer: string;
  /** The program run that the producer's id is used by, where the id is used again in another. */
  readonly instance?: string;
  /** The token of this instance's last attachment, where it had one: it comes back. */
  readonly token?: number;
  /** The last of its versions that it knows to be acknowledged, where it comes back. */
  readonly seq?: number;
  /** Commands of this channel may be sent to this producer. */
  readonly commands?: true;
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
  /** Milliseconds without a sign of life after which the producer is taken for gone. */
  readonly lease?: number;
  /** What was refused after the `seq` that `produce` states: its `ack` may be lost. */
  readonly refused?: readonly Refusal[];
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

/** Asks a channel's producer to do something. The id makes it one command however often it is sent. */
export interface CommandFrame {
  readonly type: "command";
  readonly channel: string;
  /** The idempotency key. */
  readonly id: string;
  /** What to do: `stop`, `prompt`, `resize`, in the application's own words. */
  readonly name: string;
  readonly value?: JsonValue;
  /** The message that it is about: its owner gets the command. */
  readonly message?: string;
  /** Milliseconds that the consumer waits for an answer. */
  readonly timeout?: number;
  /** Downward, who has sent it: what the server says, never the consumer. */
  readonly by?: string;
}

/** What became of a command. */
export interface CommandResultFrame {
  readonly type: "command_result";
  readonly channel: string;
  readonly id: string;
  /** `accepted`: the server has it, and an answer follows. */
  readonly status: "accepted" | "done" | "failed";
  readonly value?: JsonValue;
  readonly error?: MessageError;
  /** Upward, the `by` of the command, if it had one. */
  readonly by?: string;
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
