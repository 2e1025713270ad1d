export type { ChannelEvent } from "@deltawire/decoder";
export type {
  BytesOptions,
  BytesWriter,
  Command,
  CommandHandler,
  CommandOptions,
  EventOptions,
  MessageEnd,
  MessageWriter,
  TextStream,
  WriteOptions,
  WrittenEvent,
} from "@deltawire/encoder";
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
export type { Channel, ChannelOptions } from "./channel.js";
export { connect } from "./connect.js";
export { type BytesChange, followBytes } from "./follow-bytes.js";
export type { ConnectOptions, ReadOptions } from "./options.js";
export type { Platform } from "./platform.js";
export { preload } from "./preload.js";
export type { ReadChannel, ReadChannelOptions } from "./read-channel.js";
export type { ReadWire } from "./read-wire.js";
export { type ReadableChannel, type Selection, select } from "./select.js";
export type { ChannelStatus, WireStatus } from "./status.js";
export type { TapEvent } from "./tap.js";
export { Wire } from "./wire.js";
