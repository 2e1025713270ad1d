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
export type { ChannelState, Message, Part } from "@deltawire/protocol";
export {
  type Change,
  type Closure,
  DeltawireError,
  type ErrorCode,
  type JsonObject,
  type JsonValue,
  type MessageSnapshot,
} from "@deltawire/spec";
export type {
  AccessRequest,
  Action,
  Authenticate,
  Authorize,
  Credentials,
  Principal,
} from "./access.js";
export type { AdminOptions } from "./admin.js";
export type { ChannelRule, DemandBounds, LoadContext, Loader } from "./channel-rules.js";
export type { CompletedEvent } from "./completion-worker.js";
export type { Data } from "./durability.js";
export type { RetentionBounds } from "./engine/retention.js";
export type { HistoryOptions, HistoryPage } from "./history-page.js";
export {
  LOG_START,
  type Log,
  type LogAnswer,
  type LogContents,
  type LogLease,
  type LogLiving,
  type LogNews,
  type LogPosition,
  type LogRecord,
} from "./log.js";
export type { Logger } from "./logger.js";
export type { NodeRequestHandler } from "./node-http.js";
export { createServer, type Server, type ServerEvents } from "./server.js";
export type { ServerChannel } from "./server-channel.js";
export type { ServerChannelOptions } from "./server-channel-host.js";
export {
  type AttachOptions,
  DEFAULT_PATH,
  type FetchOptions,
  type ListenAddress,
  type ListenOptions,
  type ServerLimits,
  type ServerOptions,
} from "./server-options.js";
export type { StatisticsReport } from "./statistics.js";
export type {
  ChannelSave,
  MessageSave,
  SaveAnswer,
  Store,
  StoredChannel,
  StoredHead,
  StoredMessage,
  StoredPatch,
  StorePage,
} from "./store.js";
