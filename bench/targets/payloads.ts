import type { Named, TargetRow } from "../results.js";
import { chat } from "../wire/inputs/chat.js";
import type { Input, Peer } from "../wire/peer.js";
import { resendToken } from "../wire/peers/resend.js";
import { tailPatch } from "../wire/peers/tail-patch.js";
import { windowsOf } from "../wire/windows.js";
import type { Crowd } from "./crowd.js";
import { atLeast, atMost } from "./row.js";

/** What a way in JSON sends for an input. */
function messagesOf(peer: Peer, input: Input): string[] {
  const sender = peer.sender(input);
  const messages = windowsOf(input, peer).flatMap((window) => sender.send(window));
  return [...messages, ...sender.end()].map(String);
}

/** What is appended in each window, as one text. */
const textsOf = (input: Input): string[] =>
  windowsOf(input, {})
    .map((edits) => edits.map((edit) => (edit.is === "append" ? edit.text : "")).join(""))
    .filter((text) => text !== "");

/** What an ordinary answer costs on a consumer's socket, next to the ways in JSON. */
export async function measurePayloads(crowd: Crowd): Promise<Named<TargetRow>> {
  const input = await chat("chat-20", 1000, 20);
  const texts = textsOf(input);
  await crowd.join(1, 0);
  const { bytes: ours } = await crowd.windows(texts);
  await crowd.leave();
  const resent = await crowd.sendBare(messagesOf(resendToken, input));
  const patched = await crowd.sendBare(messagesOf(tailPatch, input));
  const text = Buffer.byteLength(texts.join(""));
  const smaller = 100 * (1 - ours / patched);
  return {
    "bytes-1000": atMost("a response of 1,000 tokens, at a consumer", ours / 1000, "KB", 10, {
      text: text / 1000,
      "everything with each token": resent / 1000,
      "times as much": resent / ours,
    }),
    "payload-smaller": atLeast("the same, less than tail patches in JSON", smaller, "%", 40, {
      ours: ours / 1000,
      "tail patches": patched / 1000,
    }),
  };
}
