export {
  createServer,
  DEFAULT_PATH,
  type ListenOptions,
  type Server,
  type ServerEvents,
} from "./server.js";
export type { ServerChannel, ServerChannelOptions } from "./server-channel.js";
