export { apply, applyChanges } from "./apply.js";
export { ChannelState, type ChannelUpdate } from "./channel-state.js";
export { type Codec, createCodec, SharedFrame, type Wire } from "./codec.js";
export { CodecContext, type NumberedPart } from "./codec-context.js";
export { Composition, compose } from "./compose.js";
export { diff, diffChannels } from "./diff.js";
export { DEFAULT_PART, Message } from "./message.js";
export type { BytesPart, JsonPart, Part, TextPart } from "./part.js";
export { SnapshotAssembly, snapshotFrames } from "./snapshot.js";
