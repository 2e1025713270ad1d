import { DeltawireError, LIMITS } from "@deltawire/spec";

/**
 * Checks the length of a message that has come, in bytes or UTF-16 units.
 *
 * @throws DeltawireError `limit_exceeded`
 */
export function checkLength(length: number): void {
  if (length > LIMITS.max_frame_bytes) {
    const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded`;
    throw new DeltawireError("limit_exceeded", what, { path: "" });
  }
}
