import type { TapEvent } from "@deltawire/client";
import { type ChannelState, createCodec, snapshotFrames } from "@deltawire/protocol";
import { type DeltawireError, type Frame, SUBPROTOCOLS, unreachable } from "@deltawire/spec";
import { toBase64 } from "./base64.js";
import { withoutToken } from "./without-token.js";

/** The version of the format that is written, and the only one that is read. */
export const RECORDING_VERSION = 1;

/** What is not kept any more. */
export interface Gone {
  readonly rows: number;
  /** Bytes of their messages; of texts, UTF-16 units. */
  readonly bytes: number;
}

const json = createCodec(SUBPROTOCOLS.json);

/**
 * The first line of a recording.
 *
 * @param gone what there was before the first event that follows
 */
export function headLine(gone: Gone = { rows: 0, bytes: 0 }): string {
  const { timeOrigin } = performance;
  return lineOf({ recording: "deltawire", version: RECORDING_VERSION, origin: timeOrigin, gone });
}

/**
 * The lines of an event, each with its end: several for the state of a large channel. A token that
 * a message has is left out.
 */
export function* eventLines(told: TapEvent): Generator<string> {
  const event = withoutToken(told);
  const { type, at } = event;
  switch (type) {
    case "opened": {
      const { connection, transport } = event;
      yield lineOf({ type, at, connection, transport });
      return;
    }
    case "lost": {
      const { connection, transport, code, retryAfter: retry_after } = event;
      const error = errorFields(event.error);
      yield lineOf({ type, at, connection, transport, code, error, retry_after });
      return;
    }
    case "channel":
      yield* stateLines(at, event.channel, event.state);
      return;
    case "message": {
      const { connection, direction, message, frame } = event;
      const error = event.error && errorFields(event.error);
      const raw = typeof message === "string" ? { text: message } : { base64: toBase64(message) };
      const head = lineOf({ type, at, connection, direction, ...raw, error });
      yield frame && !isPlain(message) ? withFrame(head, "frame", frame) : head;
      return;
    }
    default:
      unreachable(event);
  }
}

/** The lines that say what the next frame of a channel applies to. */
export function* stateLines(at: number, channel: string, state: ChannelState): Generator<string> {
  for (const frame of snapshotFrames(channel, state, 0)) {
    yield withFrame(lineOf({ type: "channel", at, channel }), "snapshot", frame);
  }
}

/** Whether a message is its frame, as the JSON codec writes it, and so need not be told twice. */
const isPlain = (message: string | Uint8Array): boolean =>
  typeof message === "string" && message.startsWith("{");

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

/** The line with a frame as one field more: bytes in it are base64, as in the JSON codec. */
const withFrame = (line: string, name: string, frame: Frame): string =>
  `${line.slice(0, -2)},"${name}":${json.encode(frame).join("")}}\n`;

const errorFields = ({ code, message, path, channel }: DeltawireError): object => ({
  code,
  message,
  path,
  channel,
});
