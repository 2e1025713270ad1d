import type { DeltawireError, Frame } from "@deltawire/spec";
import type { StreamEvent } from "./event-stream.js";
import type { Loss } from "./reconnection.js";

/** Why a request was refused. */
interface HttpRefusal {
  readonly code: string;
  readonly message: string;
}

/** What a request to write was answered with. */
export interface HttpReply {
  readonly frames: readonly object[];
  readonly error?: HttpRefusal;
}

/** Who reads a stream of events. */
export interface HttpListener {
  refused(refusal: HttpRefusal): void;
  /** May throw what cannot be read: then nothing follows but {@link unreadable}. */
  event(event: StreamEvent): void;
  unreadable(error: Error): void;
}

/** What a channel over HTTP needs of its connection. */
export interface HttpExchange {
  /** Reads events; returns what stops it. */
  listen(path: string, query: Readonly<Record<string, string>>, listener: HttpListener): () => void;
  /** Posts something; undefined where the connection is lost. Never rejects. */
  post(
    path: string,
    body: string,
    query?: Readonly<Record<string, string>>,
  ): Promise<HttpReply | undefined>;
  /** @see ConnectionHost.passed */
  passed(
    direction: "sent" | "received",
    message: string,
    frame: Frame | undefined,
    error?: DeltawireError,
  ): void;
  receive(frame: Frame): void;
  lost(loss: Loss): void;
}
