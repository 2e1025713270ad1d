import type { Clock } from "@deltawire/encoder";
import type { HostedChannel } from "./hosted-channel.js";

/** What a `ServerChannel` needs of its server. */
export interface ServerChannelHost {
  readonly clock: Clock;
  /** The id that it writes under. */
  readonly producer: string;
  /** The channel itself. @throws DeltawireError, at once or by rejection */
  open(): HostedChannel | Promise<HostedChannel>;
  /** The channel was deleted: another one of its name is another channel. */
  ended?(): void;
}

/** How a channel is written from inside the server. */
export interface ServerChannelOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}
