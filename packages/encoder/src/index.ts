export { ChannelWriter } from "./channel-writer.js";
export type { Clock } from "./clock.js";
export { CommandCalls, type CommandHost, type CommandOptions } from "./command-calls.js";
export { type Command, type CommandHandler, CommandHandlers } from "./command-handlers.js";
export { CommandResults } from "./command-results.js";
export { DEFAULT_THROTTLE, Encoder, type EncoderOptions } from "./encoder.js";
export { type MessageEnd, MessageWriter, type TextStream } from "./message-writer.js";
export type { BytesWriter, JsonWriter, TextWriter } from "./part-writers.js";
export type { WriteOptions, WriterHost } from "./writer-host.js";
