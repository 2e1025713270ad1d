import type { Clock } from "@deltawire/encoder";
import { DeltawireError } from "@deltawire/spec";
import type { Consumer } from "./consumer.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Version } from "./http-version.js";

/** A request for a channel. */
export interface MakingRequest {
  readonly channel: HostedChannel;
  /** The version that its sender has. */
  readonly since: Version | undefined;
  /** Milliseconds to wait for the whole of it; 0 to read what there is. */
  readonly wait: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Somebody reads a channel by a request. One that is made on demand is made for it, as if it was
 * followed: whoever has nothing of it waits until it is made, or failed, or the time is over.
 * Resolves with whether that has taken time.
 *
 * @throws by rejection: DeltawireError where it cannot be made now
 */
export async function whenMade(request: MakingRequest): Promise<boolean> {
  const { channel, since, wait } = request;
  if (!channel.isOnDemand) return false;
  const isWanted = since?.epoch !== channel.state.epoch && wait > 0 && !channel.state.closed;
  await follow(request, isWanted ? wait : 0);
  return isWanted;
}

function follow({ channel, signal, clock }: MakingRequest, wait: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      channel.unfollow(subscription);
      resolve();
    };
    const lookAt = () => {
      if (channel.state.closed) end();
    };
    const consumer: Consumer = {
      binary: false,
      isCongested: false,
      send: () => undefined,
      fits: () => true,
      deliver: lookAt,
      pace: (waiting) => {
        while (waiting.step());
      },
      fail: (_subscription, error) => {
        reject(error instanceof DeltawireError ? error : new TypeError(String(error)));
        end();
      },
      release: end,
    };
    let cancel: () => void = () => undefined;
    const subscription = channel.follow(consumer);
    if (wait <= 0 || signal.aborted) {
      end();
      return;
    }
    cancel = clock.after(wait, end);
    signal.addEventListener("abort", end);
    const { name, state } = channel;
    const { epoch, seq } = state;
    subscription.ask({ type: "subscribe", channel: name, request: 0, epoch, seq });
  });
}
