import { prose } from "./growth.js";
import { Pipeline, type Producer } from "./pipeline.js";

/** Bytes of a frame from server to consumer, with its WebSocket header (RFC 6455, section 5.2). */
const onTheWire = ({ length }: Uint8Array): number =>
  length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** What an edit costs on the way to a consumer, all its frames together. */
function bytesOf(pipeline: Pipeline, edit: (producer: Producer) => void): number {
  const { producer, hub } = pipeline;
  edit(producer);
  producer.drain();
  for (const message of producer.take()) hub.produce(message);
  return hub.take().reduce((sum, message) => sum + onTheWire(message), 0);
}

/** Bytes beyond the text, from server to consumer; of the back-edit, all of them. */
export interface Bytes {
  readonly atCursor: number;
  readonly byOrdinal: number;
  readonly long: number;
  readonly backEditAndAppend: number;
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
  return { atCursor, byOrdinal, long, backEditAndAppend };
}
