import { DeltawireError, type ErrorFrame, type Frame } from "@deltawire/spec";

/** What a client is told of an error: nothing of what is inside where it is a defect of the server. */
export const knownOf = (error: unknown): DeltawireError =>
  error instanceof DeltawireError
    ? error
    : new DeltawireError("internal", "the server failed on this");

/** The frame that says what failed. @param frame the one that it answers, if it does */
export function errorFrame(error: DeltawireError, frame: Frame | undefined): ErrorFrame {
  const { code, message, path } = error;
  const channel = error.channel ?? (frame && "channel" in frame ? frame.channel : undefined);
  const asks = frame?.type === "subscribe" || frame?.type === "history";
  const request = asks ? frame.request : error.request;
  return {
    type: "error",
    code,
    message,
    ...(channel !== undefined && { channel }),
    ...(request !== undefined && { request }),
    ...(path !== undefined && { path }),
  };
}
