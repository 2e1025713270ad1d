export type { ChannelEvent } from "./change-feed.js";
export { ChannelReader, type ReaderHost, type ReaderOptions } from "./channel-reader.js";
export { Decoder } from "./decoder.js";
export type {
  DecoderCounts,
  HistoryOutcome,
  Outcome,
  ReceivedFrame,
  ResetReason,
} from "./outcome.js";
