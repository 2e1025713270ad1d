import type { HistoryFrame, SubscribeFrame } from "./control.js";
import { DeltawireError } from "./errors.js";
import { checkFilter } from "./filter.js";
import type { Frame } from "./frames.js";
import { type AnyMembers, type BytesForm, take } from "./shape.js";
import { DOWNWARD, upward } from "./shapes.js";

/** The fields of every frame, by type. Made for who takes all of them. */
let every: readonly AnyMembers[] | undefined;

/**
 * The one gate from unknown input to a {@link Frame}. Behind it nothing is checked again but
 * what only the state can tell (offsets, ids, digests). Unknown fields are dropped.
 *
 * @param form how the codec carries bytes
 * @throws DeltawireError of the group `correct`, with the path of the first thing that is wrong
 */
export function parseFrame(value: unknown, form: BytesForm): Frame {
  every ??= [DOWNWARD, upward()];
  try {
    const frame = parse(every, value, form);
    if (frame.type === "subscribe" || frame.type === "history") checkFilter(frame.filter);
    if (frame.type === "subscribe" && (frame.epoch === undefined) !== (frame.seq === undefined)) {
      const what = "subscribe states epoch and seq together, or neither";
      throw new DeltawireError("malformed", what, { path: "/epoch" });
    }
    return frame;
  } catch (error) {
    if (!(error instanceof DeltawireError) || !error.path?.startsWith("/filter")) throw error;
    // The fields before it were taken: who asks by a filter hears that it is this one.
    const { channel, request } = value as SubscribeFrame | HistoryFrame;
    const { code, message, path } = error;
    throw new DeltawireError(code, message, { path, channel, request });
  }
}

/**
 * {@link parseFrame} for who receives from a server, and for what a client may send back: a frame
 * that only clients send is as unknown to it as one of a newer peer, and costs a page nothing.
 */
export function parseDownward(value: unknown, form: BytesForm): Frame {
  return parse([DOWNWARD], value, form);
}

function parse(known: readonly AnyMembers[], value: unknown, form: BytesForm): Frame {
  const given: { readonly type?: unknown; readonly version?: unknown } = Object(value);
  const { type, version } = given;
  if (typeof type !== "string") {
    throw new DeltawireError("malformed", "a frame is an object with a type", { path: "/type" });
  }
  const fields = known.find((members) => Object.hasOwn(members, type))?.[type];
  if (!fields) {
    const what = `frame type ${JSON.stringify(type.slice(0, 64))} is not known in version 1`;
    throw new DeltawireError("unknown_frame", what, { path: "/type" });
  }
  if ((type === "hello" || type === "welcome") && version !== 1) {
    const what = "this peer speaks version 1 of the protocol only";
    throw new DeltawireError("unsupported_version", what, { path: "/version" });
  }
  // The shapes follow the types, field by field: see `Members`.
  const frame = take(fields, value, form, { type }) as Frame;
  if (frame.type === "changes" && frame.to < frame.from + (frame.request === undefined ? 1 : 0)) {
    const what = "changes go from a version to a later one, or to the same in an empty catch-up";
    throw new DeltawireError("malformed", what, { path: "/to" });
  }
  return frame;
}
