export type { Channel, ChannelOptions } from "./channel.js";
export { type ConnectOptions, connect, type Wire } from "./connect.js";
