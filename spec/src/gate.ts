import { DeltawireError } from "./errors.js";
import type { Frame, FrameType } from "./frames.js";
import { type BytesForm, take } from "./shape.js";
import { FRAME_SHAPES } from "./shapes.js";

/**
 * The one gate from unknown input to a {@link Frame}. Behind it nothing is checked again but
 * what only the state can tell (offsets, ids, digests). Unknown fields are dropped.
 *
 * @param form how the codec carries bytes
 * @throws DeltawireError of the group `correct`, with the path of the first thing that is wrong
 */
export function parseFrame(value: unknown, form: BytesForm): Frame {
  const fields: { readonly type?: unknown; readonly version?: unknown } = Object(value);
  const { type, version } = fields;
  if (typeof type !== "string") {
    throw new DeltawireError("malformed", "a frame is an object with a type", { path: "/type" });
  }
  if (!Object.hasOwn(FRAME_SHAPES, type)) {
    const what = `frame type ${JSON.stringify(type.slice(0, 64))} is not known in version 1`;
    throw new DeltawireError("unknown_frame", what, { path: "/type" });
  }
  if ((type === "hello" || type === "welcome") && version !== 1) {
    const what = "this peer speaks version 1 of the protocol only";
    throw new DeltawireError("unsupported_version", what, { path: "/version" });
  }
  // The shapes follow the types, field by field: see `Fields`.
  const frame = take(FRAME_SHAPES[type as FrameType], value, form) as Frame;
  if (frame.type === "subscribe" && (frame.epoch === undefined) !== (frame.seq === undefined)) {
    const what = "subscribe states epoch and seq together, or neither";
    throw new DeltawireError("malformed", what, { path: "/epoch" });
  }
  if (frame.type === "changes" && frame.to < frame.from + (frame.request === undefined ? 1 : 0)) {
    const what = "changes go from a version to a later one, or to the same in an empty catch-up";
    throw new DeltawireError("malformed", what, { path: "/to" });
  }
  return frame;
}
