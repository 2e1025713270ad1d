export type { ChannelEvent } from "@deltawire/decoder";
export type { MessageEnd, MessageWriter, TextStream, WriteOptions } from "@deltawire/encoder";
export type { ChannelState, Message, Part } from "@deltawire/protocol";
export { type Change, DeltawireError, type ErrorCode, type JsonValue } from "@deltawire/spec";
export type { Channel, ChannelOptions } from "./channel.js";
export { type ConnectOptions, connect, type Wire } from "./connect.js";
