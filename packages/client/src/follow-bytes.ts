import type { BytesPart } from "@deltawire/protocol/state";
import type { ReadChannel } from "./read-channel.js";

/** What has to be done to show a bytes part. Bytes are not to be written to. */
export type BytesChange =
  /** Show this alone: what stands for the beginning of the stream, by its writer's rule, then bytes. */
  | { readonly type: "reset"; readonly base: Uint8Array; readonly bytes: Uint8Array }
  /** Show these behind what is shown. */
  | { readonly type: "appended"; readonly bytes: Uint8Array };

/** What {@link followBytes} needs of a channel. Without `observe`, it is told once a frame of the view. */
type FollowedChannel = Pick<ReadChannel, "state" | "subscribe"> &
  Partial<Pick<ReadChannel, "observe">>;

const NO_BYTES = new Uint8Array();

/**
 * Tells what to render of a bytes part, a terminal's output for example: first what is there, if it
 * is, then what comes, as it comes. Whatever was missed meanwhile, because the reader was slow or
 * away, is a reset: what was shown so is always what the writer's base and bytes say, byte by byte.
 * A part that goes away is a reset with nothing in it.
 *
 * The channel opens for it, as for any reader.
 *
 * @param part id of a bytes part of the message
 * @returns what stops it
 */
export function followBytes(
  channel: FollowedChannel,
  message: string,
  part: string,
  listener: (change: BytesChange) => void,
): () => void {
  let shown: Pick<BytesPart, "stream" | "end"> | undefined;
  function show(): void {
    const found = channel.state.message(message)?.part(part);
    const next = found?.kind === "bytes" ? found : undefined;
    const before = shown;
    shown = next;
    if (!next) {
      if (before) listener({ type: "reset", base: NO_BYTES, bytes: NO_BYTES });
    } else if (before?.stream !== next.stream || before.end < next.start) {
      listener({ type: "reset", base: next.base, bytes: next.bytes });
    } else if (before.end < next.end) {
      listener({ type: "appended", bytes: next.bytes.subarray(before.end - next.start) });
    }
  }
  const unobserve = channel.observe?.(show);
  const stop = channel.subscribe(show);
  show();
  return () => {
    unobserve?.();
    stop();
  };
}
