export type { ChannelEvent } from "@deltawire/decoder";
export type { MessageEnd, MessageWriter, TextStream, WriteOptions } from "@deltawire/encoder";
export type { ChannelState, Message, Part } from "@deltawire/protocol";
export { type Change, DeltawireError, type ErrorCode, type JsonValue } from "@deltawire/spec";
export {
  createServer,
  DEFAULT_PATH,
  type ListenOptions,
  type Server,
  type ServerEvents,
} from "./server.js";
export type { ServerChannel, ServerChannelOptions } from "./server-channel.js";
