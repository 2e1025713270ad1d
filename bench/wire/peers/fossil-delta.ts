import type { JsonValue } from "@deltawire/spec";
import { applyDelta, createDelta } from "fossil-delta";
import { Document } from "../document.js";
import type { Edit, Message, Peer, Receiver, Sender } from "../peer.js";
import { publicationIn, push } from "./fossil-delta-push.js";

function sender(): Sender {
  const document = new Document();
  const utf8 = new TextEncoder();
  let before: Uint8Array | undefined;
  let offset = 0;
  return {
    send(edits: readonly Edit[]) {
      document.apply(edits);
      const data = utf8.encode(JSON.stringify(document.parts));
      const delta = before && createDelta(before, data);
      before = data;
      offset += 1;
      // The server leaves a delta that is no smaller.
      if (!delta || delta.length >= data.length) return [push({ data, offset, isDelta: false })];
      return [push({ data: delta, offset, isDelta: true })];
    },
    end: () => [],
    // A subscription begins with the last publication, whole (recovery in cache mode).
    join: () => (before ? [push({ data: before, offset, isDelta: false })] : []),
  };
}

function receiver(): Receiver {
  const utf8 = new TextDecoder();
  let before: Uint8Array = new Uint8Array();
  let parts: Readonly<Record<string, JsonValue>> = {};
  let hasNoticed = false;
  return {
    receive(message: Message) {
      const { data, isDelta } = publicationIn(message as Uint8Array); // see sender
      try {
        before = isDelta ? applyDelta(before, data) : data;
        parts = JSON.parse(utf8.decode(before));
      } catch {
        hasNoticed = true; // by the delta's own checksum
      }
    },
    read: (part) => parts[part],
    get hasNoticed() {
      return hasNoticed;
    },
  };
}

/**
 * Delta compression as Centrifugo has it: each publication is the whole document as JSON, sent as
 * a Fossil delta against the one before, in the smaller of its two protocols (protobuf).
 */
export const fossilDelta: Peer = {
  name: "fossil-delta",
  title: "Fossil deltas, as Centrifugo's",
  package: "fossil-delta",
  framing: "websocket",
  sender,
  receiver,
};
