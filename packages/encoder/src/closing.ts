import {
  type Change,
  type ChannelClosed,
  DeltawireError,
  LIMITS,
  type MessageError,
  toWellFormed,
} from "@deltawire/spec";

/** A channel that is ended here, see `ChannelWriter`. */
interface Ending {
  readonly name: string;
  change(change: Change): void;
  flush(): Promise<void>;
  fail(error: DeltawireError): void;
}

/** Ends a channel. Resolves when the log has it; then all writing has ended, too. */
export async function endChannel(
  channel: Ending,
  reason?: string,
  error?: MessageError,
): Promise<void> {
  channel.change(closing(reason, error));
  try {
    await channel.flush();
  } catch (cause) {
    if (!(cause instanceof DeltawireError && cause.code === "channel_closed")) throw cause;
  }
  const place = { channel: channel.name };
  channel.fail(new DeltawireError("channel_closed", "the channel was ended here", place));
}

/** What went wrong, as it travels: what is for people to read is cut to the bound. */
const boundedError = ({ code, message }: MessageError): MessageError => ({
  code,
  ...(message !== undefined && { message: bounded(message) }),
});

/** The end of a channel, with what is said of it, cut to the bound. */
const closing = (reason?: string, error?: MessageError): ChannelClosed => ({
  type: "channel_closed",
  ...(reason !== undefined && { reason: bounded(reason) }),
  ...(error && { error: boundedError(error) }),
});

const bounded = (note: string): string => toWellFormed(note.slice(0, LIMITS.max_note_length));
