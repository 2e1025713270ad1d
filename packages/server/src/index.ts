export type { ChannelEvent } from "@deltawire/decoder";
export type {
  Command,
  CommandHandler,
  CommandOptions,
  MessageEnd,
  MessageWriter,
  TextStream,
  WriteOptions,
} from "@deltawire/encoder";
export type { ChannelState, Message, Part } from "@deltawire/protocol";
export { type Change, DeltawireError, type ErrorCode, type JsonValue } from "@deltawire/spec";
export type {
  AccessRequest,
  Action,
  Authenticate,
  Authorize,
  Credentials,
  Principal,
} from "./access.js";
export type { AdminOptions } from "./admin.js";
export type { Logger } from "./logger.js";
export { createServer, type Server, type ServerEvents } from "./server.js";
export type { ServerChannel, ServerChannelOptions } from "./server-channel.js";
export {
  type AttachOptions,
  DEFAULT_PATH,
  type FetchOptions,
  type ListenOptions,
  type ServerLimits,
  type ServerOptions,
} from "./server-options.js";
export type { StatisticsReport } from "./statistics.js";
