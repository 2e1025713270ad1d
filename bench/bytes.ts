import { prose } from "./growing-text.js";
import { Hub, Pipeline, type Producer, Viewer } from "./pipeline.js";

/** Bytes of a frame from server to consumer, with its WebSocket header (RFC 6455, section 5.2). */
const onTheWire = ({ length }: Uint8Array): number =>
  length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Bytes of the mask of a frame from a client. */
const MASK = 4;

/** What a join of an empty channel costs, both ways: the same each time, but for the snapshot. */
function bytesOfJoin(): number {
  const { joining } = new Viewer();
  const up = joining.reduce((sum, message) => sum + onTheWire(message) + MASK, 0);
  const down = new Hub().join(joining);
  if (down.length < 2) throw new Error("a join was not answered");
  return down.reduce((sum, message) => sum + onTheWire(message), up);
}

/** What an edit costs on the way to a consumer, all its frames together. */
function bytesOf(pipeline: Pipeline, edit: (producer: Producer) => void): number {
  const { producer, hub } = pipeline;
  edit(producer);
  producer.drain();
  for (const message of producer.take()) hub.produce(message);
  return hub.take().reduce((sum, message) => sum + onTheWire(message), 0);
}

/** Bytes beyond the text, from server to consumer; of the back-edit and a join, all of them. */
export interface Bytes {
  readonly atCursor: number;
  readonly byOrdinal: number;
  readonly long: number;
  readonly backEditAndAppend: number;
  readonly join: number;
}

/** What edits of a text of 1 MB cost on the wire. */
export function countBytes(): Bytes {
  const pipeline = new Pipeline(1, ({ reply }) => {
    reply.text("other").append("o");
    reply.append(`${prose(5e5)}Running${prose(5e5)}`);
  });
  const append = (text: string) =>
    bytesOf(pipeline, ({ reply }) => reply.append(text)) - text.length;
  append("word"); // the cursor is here now
  const atCursor = append("word");
  const long = append(prose(126));
  bytesOf(pipeline, ({ reply }) => reply.text("other").append("word"));
  const byOrdinal = append("word");
  const backEditAndAppend = bytesOf(pipeline, ({ reply }) =>
    reply.splice(5e5, 7, "Completed").append("word"),
  );
  return { atCursor, byOrdinal, long, backEditAndAppend, join: bytesOfJoin() };
}
