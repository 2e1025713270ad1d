export type { ChannelEvent } from "./change-feed.js";
export { ChannelReader, type ReaderHost, type ReaderOptions } from "./channel-reader.js";
export { Decoder, type DecoderCounts } from "./decoder.js";
export type { HistoryOutcome, Outcome, ReceivedFrame, ResetReason } from "./outcome.js";
