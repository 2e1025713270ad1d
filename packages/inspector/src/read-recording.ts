import type { TapEvent } from "@deltawire/client";
import { type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import { DeltawireError, type Frame, parseFrame } from "@deltawire/spec";
import { fromBase64 } from "./base64.js";
import { Fields } from "./fields.js";
import { type Gone, RECORDING_VERSION } from "./recording-lines.js";

/** Lines of a recording. */
const MAX_LINES = 4_000_000;

/** A recording that was read. It can be recorded: `new Recorder(recording)` has all of it. */
export interface Recording {
  /** Milliseconds since 1970 to which the events' times are relative, if the recording says so. */
  readonly origin: number | undefined;
  /** What there was before its first event. */
  readonly gone: Gone;
  readonly events: readonly TapEvent[];
  /** Whether its last line was cut off: what that said is missing. */
  readonly isCut: boolean;
  /** Tells all events, at once. */
  tap(listener: (event: TapEvent) => void): () => void;
}

/**
 * Reads what {@link Recorder.lines} has written: JSON lines. Fields that are not known are skipped.
 *
 * @throws DeltawireError `malformed`, and what {@link parseFrame} throws, with the line and the
 *   field in its message and its path; `unsupported_version`; `limit_exceeded` past 4,000,000 lines
 */
export function readRecording(text: string): Recording {
  const reader = new Reader();
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    if (line > MAX_LINES) {
      throw new DeltawireError("limit_exceeded", `a recording has ${MAX_LINES} lines at most`);
    }
    const end = text.indexOf("\n", start);
    const isLast = end < 0;
    const isCut = !reader.take(line, text.slice(start, isLast ? text.length : end), isLast);
    if (isLast) return reader.end(isCut);
    start = end + 1;
  }
  return reader.end(false);
}

class Reader {
  readonly #events: TapEvent[] = [];
  #head: Fields | undefined;
  /** The state of a channel of which more is to come. */
  #loading: { readonly channel: string; readonly assembly: SnapshotAssembly } | undefined;

  /** Takes a line; returns whether it is whole, which only the last one need not be. */
  take(line: number, text: string, isLast: boolean): boolean {
    if (text === "" || text === "\r") return true;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (isLast && this.#head) return false;
      throw Fields.wrong(line, "", "is no JSON");
    }
    const fields = new Fields(value, line);
    if (this.#head) this.#event(fields);
    else this.#head = checkedHead(fields);
    return true;
  }

  end(isCut: boolean): Recording {
    const head = this.#head;
    if (!head) throw Fields.wrong(1, "", "is missing: a recording begins with its version");
    const gone = head.object("gone");
    const events = this.#events;
    return {
      origin: head.optionalNumber("origin"),
      gone: { rows: gone.whole("rows"), bytes: gone.whole("bytes") },
      events,
      isCut: isCut || this.#loading !== undefined,
      tap(listener) {
        for (const event of events) listener(event);
        return () => undefined;
      },
    };
  }

  #event(fields: Fields): void {
    const type = fields.oneOf("type", ["message", "opened", "lost", "channel"]);
    if (this.#loading && type !== "channel") {
      throw fields.wrong("type", `is "${type}", though more of a channel's state is to come`);
    }
    const at = fields.number("at");
    if (type === "channel") {
      const channel = fields.text("channel");
      const state = this.#state(fields, channel);
      if (state) this.#events.push({ type, at, channel, state });
      return;
    }
    this.#events.push(eventOf(fields, type, at));
  }

  #state(fields: Fields, channel: string): ChannelState | undefined {
    const frame = frameOf(fields, "snapshot");
    if (frame.type !== "snapshot" || frame.channel !== channel) {
      throw fields.wrong("snapshot", "is not a snapshot of its channel");
    }
    if (this.#loading && this.#loading.channel !== channel) {
      throw fields.wrong("channel", `is not ${this.#loading.channel}, of which more is to come`);
    }
    this.#loading ??= { channel, assembly: new SnapshotAssembly() };
    const { assembly } = this.#loading;
    const state = fields.within("snapshot", () => assembly.add(frame));
    if (state) this.#loading = undefined;
    return state;
  }
}

function checkedHead(fields: Fields): Fields {
  fields.oneOf("recording", ["deltawire"]);
  const version = fields.whole("version");
  if (version !== RECORDING_VERSION) {
    const what = `this reads recordings of version ${RECORDING_VERSION}, and this one is of ${version}`;
    throw new DeltawireError("unsupported_version", what, { path: "#line=1/version" });
  }
  return fields;
}

function eventOf(fields: Fields, type: "message" | "opened" | "lost", at: number): TapEvent {
  const connection = fields.whole("connection");
  if (type === "message") return { type, at, connection, ...messageOf(fields) };
  const transport = fields.oneOf("transport", ["websocket", "http"]);
  if (type === "opened") return { type, at, connection, transport };
  const code = fields.whole("code");
  const error = fields.error("error");
  const retryAfter = fields.optionalNumber("retry_after");
  const head = { type, at, connection, transport, code, error };
  return retryAfter === undefined ? head : { ...head, retryAfter };
}

type Message = Pick<
  TapEvent & { readonly type: "message" },
  "direction" | "message" | "frame" | "error"
>;

function messageOf(fields: Fields): Message {
  const direction = fields.oneOf("direction", ["sent", "received"]);
  const message = fields.has("base64") ? bytesOf(fields) : fields.text("text");
  const error = fields.has("error") ? { error: fields.error("error") } : {};
  const isPlain = typeof message === "string" && message.startsWith("{");
  if (!fields.has("frame") && (fields.has("error") || !isPlain)) {
    return { direction, message, frame: undefined, ...error };
  }
  const frame = fields.has("frame")
    ? frameOf(fields, "frame")
    : fields.within("text", () => parseFrame(JSON.parse(String(message)), "base64"));
  return { direction, message, frame, ...error };
}

function bytesOf(fields: Fields): Uint8Array {
  const bytes = fromBase64(fields.text("base64"));
  if (!bytes) throw fields.wrong("base64", "is no base64");
  return bytes;
}

const frameOf = (fields: Fields, name: string): Frame =>
  fields.within(name, () => parseFrame(fields.object(name).value, "base64"));
