import type { MessageSnapshot, Refusal } from "@deltawire/spec";
import type { Taking } from "./command-entry.js";
import type {
  Ended,
  MessageReference,
  ProducerRow,
  RefusedRow,
  StatedChannel,
  StatedMessage,
} from "./entry.js";
import { Fields, frameOf, listOf, malformed } from "./record-fields.js";

// What entries and snapshots have in common.

export const refusalOf = (fields: Fields): Refusal => ({
  message: fields.id("message"),
  code: fields.id("code") as Refusal["code"], // open: a newer server may know more codes
  count: fields.count("count"),
});

const refusedOf = (fields: Fields): RefusedRow => ({
  ...refusalOf(fields),
  seq: fields.count("seq"),
});

export const producerOf = (fields: Fields): ProducerRow => ({
  id: fields.id("id"),
  token: fields.count("token"),
  seq: fields.count("seq"),
  ...fields.optionalId("instance"),
  ...fields.optionalId("server"),
  refused: fields.list("refused", refusedOf),
  stale: fields.ids("stale"),
});

export const endedOf = (fields: Fields): Ended => ({
  id: fields.id("id"),
  generation: fields.count("generation"),
});

export const takingOf = (fields: Fields): Taking => ({
  producer: fields.id("producer"),
  token: fields.count("token"),
  ...fields.optionalId("server"),
});

const SNAPSHOT = { channel: "-", request: 0, epoch: "-", seq: 0, messages: [] };

/** A channel's state: as the snapshot that a consumer would be sent. */
export function statedChannelOf(fields: Fields): StatedChannel {
  const stated = fields.pick("attributes", "closed");
  const { attributes = {}, closed } = frameOf("snapshot", { ...SNAPSHOT, ...stated }, fields.place);
  const place = fields.at("messages");
  return {
    epoch: fields.text("epoch"),
    seq: fields.count("seq"),
    attributes,
    ...(closed && { closed }),
    messages: listOf(fields.raw("messages"), place).map((value, i) =>
      statedMessageOf(value, `${place}/${i}`),
    ),
  };
}

function statedMessageOf(value: unknown, place: string): StatedMessage {
  const fields = new Fields(value, place);
  return fields.raw("stored") === true ? referenceOf(fields) : messageOf(value, place);
}

const referenceOf = (fields: Fields): MessageReference => ({ ...endedOf(fields), stored: true });

/** One at a time: no frame has to hold them all. */
function messageOf(value: unknown, place: string): MessageSnapshot {
  const frame = { ...SNAPSHOT, messages: [value] };
  const [message] = frameOf("snapshot", frame, place, "/messages/0").messages;
  if (!message) throw malformed(place, "a message");
  return message;
}
