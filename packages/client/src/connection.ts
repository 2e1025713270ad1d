import type { Wire } from "@deltawire/protocol/json";
import type { ChannelState } from "@deltawire/protocol/state";
import {
  CLOSE_CODES,
  DeltawireError,
  type ErrorCode,
  type ErrorFrame,
  type Frame,
  LIMITS,
} from "@deltawire/spec";
import type { Loss } from "./reconnection.js";

/** One connection to a server, whatever carries it. Never used again once it is lost or closed. */
export interface Connection {
  /** Begins to open it. */
  open(): void;
  /**
   * Sends a frame; before it is open, and after its end, nothing.
   *
   * @param after the state that `changes` lead to, where they state the codec context anew
   * @throws DeltawireError `limit_exceeded` where it is larger than `max_frame_bytes`
   */
  send(frame: Frame, after?: ChannelState): void;
  /** Finds out whether it is alive. */
  probe(): void;
  /** Closes it from this side, and forgets it: its host hears nothing more. */
  close(): void;
}

/** What a {@link Connection} tells its owner. */
export interface ConnectionHost {
  /** Frames can be sent. */
  opened(): void;
  /** The server takes who has come. @param expiresIn milliseconds that the token is good */
  welcomed(expiresIn: number | undefined): void;
  receive(frame: Frame): void;
  /** A message goes out or has come, before anything is done about it. @see TapEvent */
  passed(
    direction: "sent" | "received",
    message: Wire,
    frame: Frame | undefined,
    error?: DeltawireError,
  ): void;
  /** Something that the server has sent could not be read: what it was is lost. */
  unreadable(): void;
  /** What the next frame of a channel is applied to, where it is followed. */
  replicaOf(channel: string): ChannelState | undefined;
  /** The connection is over. Nothing follows. */
  lost(loss: Loss): void;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  [CLOSE_CODES.normal]: "closed",
  [CLOSE_CODES.going_away]: "going_away",
  [CLOSE_CODES.frame_too_large]: "limit_exceeded",
  [CLOSE_CODES.protocol_error]: "malformed",
  [CLOSE_CODES.unauthorized]: "unauthorized",
  [CLOSE_CODES.hello_timeout]: "timeout",
  [CLOSE_CODES.superseded]: "superseded",
  [CLOSE_CODES.overloaded]: "overloaded",
};

/** A connection that was closed with a code. */
export function lossOf(code: number, reason: string, retryAfter?: number): Loss {
  const what = `${reason || "the connection was lost, or never made"} (close code ${code})`;
  const error = new DeltawireError(CODES[code] ?? "connection_lost", what);
  return { code, error, retryAfter };
}

/** A connection that was not made, for a reason that may pass. */
export function failureOf(error: unknown): Loss {
  const what = error instanceof Error ? error.message : String(error);
  return { code: 1006, error: new DeltawireError("connection_lost", `cannot connect: ${what}`) };
}

/** The error of an `error` frame. */
export function errorOf({ code, message, channel, path }: ErrorFrame): DeltawireError {
  return new DeltawireError(DeltawireError.codeOf(code), message, { channel, path });
}

/** Why a channel is stale though there is a connection. */
export function lostHistory(): DeltawireError {
  return new DeltawireError("gap", "the server has lost the channel's history; this was it");
}

/** @throws DeltawireError `malformed` where it is no URL of a server here */
export function absolute(url: string): string {
  try {
    const { href } = new URL(url, globalThis.location?.href);
    if (/^(http|ws)s?:/.test(href)) return href;
  } catch {
    // it is told below
  }
  throw new DeltawireError("malformed", `cannot connect: ${url} is no http: or ws: URL here`);
}

/** Whether a message is larger than `max_frame_bytes`. */
export function isTooLarge(message: Wire): boolean {
  const { max_frame_bytes } = LIMITS;
  if (typeof message !== "string") return message.length > max_frame_bytes;
  if (3 * message.length <= max_frame_bytes) return false;
  return new TextEncoder().encode(message).length > max_frame_bytes;
}
