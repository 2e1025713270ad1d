import { DeltawireError } from "@deltawire/spec";
import type { Following } from "./following.js";
import type { Identity } from "./identity.js";
import type { Producing } from "./producing.js";

/** What a connection does, and as whom. */
export interface Activity {
  readonly identity: Identity;
  readonly following: Following;
  /** What it writes, if it does. */
  readonly producing: Producing | undefined;
  /** Says to the client that it may not do something any more. */
  refuse(error: DeltawireError): void;
}

/**
 * Asks again whether a connection may do what it does. What it may not any more ends, and says so;
 * everything else goes on. PROTOCOL.md, "Security".
 */
export async function reauthorize(
  { identity, following, producing, refuse }: Activity,
  isMeant: (channel: string) => boolean,
): Promise<void> {
  identity.forgetAnswers();
  const forbidden = (channel: string) =>
    new DeltawireError("forbidden", "this client may not do this here any more", { channel });
  const reading = following.subscriptions.map(async (subscription) => {
    const { name } = subscription.channel;
    if (!isMeant(name) || (await identity.may("subscribe", name))) return;
    following.fail(subscription, forbidden(name));
  });
  const writing = (producing?.channels ?? []).map(async (channel) => {
    if (!isMeant(channel) || (await identity.may("produce", channel))) return;
    producing?.stop(channel);
    refuse(forbidden(channel));
  });
  await Promise.all([...reading, ...writing]);
}
