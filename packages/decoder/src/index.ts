export type { ChannelEvent } from "./change-feed.js";
export { ChannelReader, type ReaderHost } from "./channel-reader.js";
export { Decoder, type DecoderCounts, type Outcome, type ReceivedFrame } from "./decoder.js";
