import {
  type ChangesFrame,
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type Frame,
  type HistoryFrame,
  LIMITS,
  type ProduceFrame,
  parseFrame,
} from "@deltawire/spec";
import type { Action } from "./access.js";

/** The frames that a request may carry. */
export type PostedFrame =
  | ProduceFrame
  | ChangesFrame
  | HistoryFrame
  | CommandFrame
  | CommandResultFrame;

/** What each of them takes. */
const ACTIONS: Readonly<Record<PostedFrame["type"], Action>> = {
  produce: "produce",
  changes: "produce",
  history: "subscribe",
  command: "command",
  command_result: "produce",
};

/** A request to write: the producer that it is of, if it states one, and its frames. */
export interface Post {
  readonly producer?: ProduceFrame;
  readonly frames: readonly PostedFrame[];
  /** What its sender must be allowed to do. */
  readonly actions: ReadonlySet<Action>;
}

/**
 * Reads the body of a request.
 *
 * @throws DeltawireError of the group `correct`, with the path in the body; then nothing of it is
 *   taken
 */
export function parsePost(body: string, channel: string): Post {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new DeltawireError("malformed", "the body is not JSON", { channel, path: "" });
  }
  const { frames, ...claimed }: Record<string, unknown> = Object(value);
  if (!Array.isArray(frames)) {
    const what = "the body is an object with a list of frames";
    throw new DeltawireError("malformed", what, { channel, path: "/frames" });
  }
  if (frames.length > LIMITS.max_list_length) {
    const what = `max_list_length (${LIMITS.max_list_length}) exceeded by the frames`;
    throw new DeltawireError("limit_exceeded", what, { channel, path: "/frames" });
  }
  const stated = { ...claimed, type: "produce", channel };
  const claim = claimed.producer === undefined ? undefined : posted(stated, channel, "");
  const parsed = frames.map((frame: unknown, i) => posted(frame, channel, `/frames/${i}`));
  const actions = new Set<Action>(parsed.map(({ type }) => ACTIONS[type]));
  if (claim?.type !== "produce") {
    if (actions.size === 0) actions.add("subscribe"); // nothing at all takes a right, too
    return { frames: parsed, actions };
  }
  return { producer: claim, frames: parsed, actions: actions.add("produce") };
}

function posted(value: unknown, channel: string, path: string): PostedFrame {
  try {
    const frame = parseFrame({ channel, ...Object(value) }, "base64");
    if (!isPosted(frame)) {
      const what = `${frame.type} is not sent by a request`;
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    if (frame.channel === channel) return frame;
    throw new DeltawireError("malformed", "the URL names another channel", { path: "/channel" });
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const place = { channel, path: path + (error.path ?? "") };
    throw new DeltawireError(error.code, `${error.message} (${place.path})`, place);
  }
}

function isPosted(frame: Frame): frame is PostedFrame {
  return Object.hasOwn(ACTIONS, frame.type);
}
