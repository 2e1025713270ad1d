export { ChannelWriter, type WriteOptions, type WriterHost } from "./channel-writer.js";
export type { Clock } from "./clock.js";
export { DEFAULT_THROTTLE, Encoder, type EncoderOptions } from "./encoder.js";
export { type MessageEnd, MessageWriter, type TextStream } from "./message-writer.js";
export type { BytesWriter, JsonWriter, TextWriter } from "./part-writers.js";
