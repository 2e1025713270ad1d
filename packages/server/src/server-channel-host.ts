import type { Clock } from "@deltawire/encoder";
import { DeltawireError, type Filter } from "@deltawire/spec";
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
  /**
   * Milliseconds between two frames while changes keep coming; 0 for none.
   *
   * @default 100, and 50 for events
   */
  readonly throttle?: number;
  /** Events that make a frame due. @default 10; none where a throttle is given */
  readonly batch?: number;
  /** Which messages are read. @default all of them */
  readonly filter?: Filter;
}

/** Asks for something, which may be there at once or later. What has no type is thrown on. */
export function attempt<T>(
  ask: () => T | Promise<T>,
  done: (value: T) => void,
  failed: (error: DeltawireError) => void,
): void {
  const onError = (error: unknown) => {
    if (!(error instanceof DeltawireError)) throw error;
    failed(error);
  };
  try {
    const asking = ask();
    if (asking instanceof Promise) asking.then(done, onError);
    else done(asking);
  } catch (error) {
    onError(error);
  }
}
