import type { JsonValue } from "@deltawire/spec";
import { Document } from "../document.js";
import type { Message, Peer, Receiver, Sender } from "../peer.js";

function sender(): Sender {
  const document = new Document();
  const whole = () => [JSON.stringify({ type: "update", parts: document.parts })];
  return {
    send(edits) {
      document.apply(edits);
      return whole();
    },
    end: () => [],
    join: whole,
  };
}

function receiver(): Receiver {
  let parts: Readonly<Record<string, JsonValue>> = {};
  return {
    receive(message: Message) {
      parts = JSON.parse(message as string).parts; // see sender
    },
    read: (part) => parts[part],
    hasNoticed: false,
  };
}

/** Everything so far as JSON, once in each window. */
export const resend: Peer = {
  name: "resend",
  title: "everything, each 100 ms",
  framing: "websocket",
  sender,
  receiver,
};

/** Everything so far as JSON, with each token: the way that most begin with. */
export const resendToken: Peer = {
  ...resend,
  name: "resend-token",
  title: "everything, each token",
  isUnthrottled: true,
};
