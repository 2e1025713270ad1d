import { DeltawireError } from "@deltawire/spec";

// Why a journal ends.

/** Why a channel is closed that is about to be deleted. */
export const DELETED = "deleted";

export const deleted = (channel: string): DeltawireError => {
  const what = "the channel was deleted; what is written to its name is another one";
  return new DeltawireError("channel_closed", what, { channel });
};

export const givenUp = (channel: string): DeltawireError =>
  new DeltawireError("going_away", "the server has given the channel up; try again", { channel });

/** What the log holds cannot be read here: nobody is served from it. */
export const unreadable = (channel: string, error: unknown): DeltawireError => {
  if (error instanceof DeltawireError) return error;
  const what = "the channel's log cannot be read by this server";
  return new DeltawireError("internal", what, { channel });
};
