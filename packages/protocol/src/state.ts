// What a replica is made of. Apart from the codecs, so that a page loads these when it needs them.
export { apply } from "./apply.js";
export { ChannelState, type ChannelUpdate } from "./channel-state.js";
export { Message } from "./message.js";
export { type BytesPart, digestOf, type JsonPart, type Part, type TextPart } from "./part.js";
export { SnapshotAssembly } from "./snapshot.js";
export { composeSplices } from "./splice-composition.js";
export { Text } from "./text.js";
export { textChanges } from "./text-changes.js";
