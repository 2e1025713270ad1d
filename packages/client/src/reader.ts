export type { ChannelEvent } from "@deltawire/decoder";
export type { CommandOptions } from "@deltawire/encoder/commands";
export { ChannelState, type Message, type Part } from "@deltawire/protocol/state";
export {
  type AttributeTest,
  type Change,
  DeltawireError,
  type ErrorCode,
  type Filter,
  type JsonValue,
} from "@deltawire/spec";
export { type BindTextOptions, bindText } from "./bind-text.js";
export { type BytesChange, followBytes } from "./follow-bytes.js";
export type { ReadOptions } from "./options.js";
export type { Platform } from "./platform.js";
export type { ReadChannel, ReadChannelOptions } from "./read-channel.js";
export { connect, preload } from "./read-connect.js";
export type { ReadWire } from "./read-wire.js";
export { type ReadableChannel, type Selection, select } from "./select.js";
export type { ChannelStatus, WireStatus } from "./status.js";
export type { TapEvent } from "./tap.js";
