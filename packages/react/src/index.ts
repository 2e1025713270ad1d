"use client";
export { ChannelText, type ChannelTextProps } from "./channel-text.js";
export type { ChannelView } from "./channel-view.js";
export { DeltawireProvider, type DeltawireProviderProps } from "./deltawire-provider.js";
export { useChannel } from "./use-channel.js";
export { type ConnectionView, useConnection } from "./use-connection.js";
export { useMessage } from "./use-message.js";
export { useText } from "./use-text.js";
export type { ChannelSource } from "./wire-context.js";
