import type { ChannelState } from "@deltawire/protocol";
import type { SubscribeFrame } from "@deltawire/spec";
import { Decoder } from "../decoder.js";
import type { Outcome, ReceivedFrame } from "../outcome.js";
import { snapshot, subscribed } from "./frames.js";

/** A decoder that is live in a state. */
export function follow(state: ChannelState): Decoder {
  const decoder = new Decoder("c");
  const { request } = decoder.join();
  receive(decoder, subscribed(request, "snapshot"), snapshot(request, state));
  return decoder;
}

/** Hands over frames; the outcome of the last one. */
export function receive(decoder: Decoder, ...frames: ReceivedFrame[]): Outcome {
  let outcome: Outcome = { type: "ignored" };
  for (const frame of frames) outcome = decoder.receive(frame);
  return outcome;
}

export const textOf = ({ state }: Decoder): string | undefined => state?.message("m")?.text;

/** What a decoder asks for. */
export function repairOf(outcome: Outcome): SubscribeFrame {
  if (outcome.type !== "repair") throw new TypeError(`no repair: ${outcome.type}`);
  return outcome.send;
}
