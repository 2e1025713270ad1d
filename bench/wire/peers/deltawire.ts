import { Decoder, type ReceivedFrame } from "@deltawire/decoder";
import type { MessageWriter } from "@deltawire/encoder";
import { createCodec } from "@deltawire/protocol";
import { type Capability, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { CHANNEL, Hub, Producer } from "../../pipeline.js";
import type { Edit, Message, Peer, Receiver, Sender } from "../peer.js";

/** Takes an edit through a writer. */
export function write(reply: MessageWriter, edit: Edit): void {
  switch (edit.is) {
    case "text":
      reply.text(edit.part).append("");
      return;
    case "json":
      reply.json(edit.part).set(edit.value);
      return;
    case "append":
      reply.text(edit.part).append(edit.text);
      return;
    case "splice":
      reply.text(edit.part).splice(edit.offset, edit.removed, edit.text);
      return;
    case "patch":
      reply.json(edit.part).patch(edit.operations);
  }
}

/** What makes a difference between one way of ours and the other. */
interface Way {
  /** What a consumer's `hello` says that it can read. */
  readonly capabilities: readonly Capability[];
  /** How many others follow the channel: for one alone little is compressed. */
  readonly others: number;
}

/** What a client sends first. */
function joining({ capabilities }: Way): Uint8Array[] {
  const codec = createCodec(SUBPROTOCOLS.msgpack);
  const hello: Frame = { type: "hello", version: 1, capabilities };
  const frames: Frame[] = [hello, new Decoder(CHANNEL).join()];
  return frames.flatMap((frame) => codec.encode(frame) as Uint8Array[]); // it is MessagePack
}

/** A producer's engine and codec, and behind it a server's. */
function sender(way: Way): Sender {
  const producer = new Producer();
  const hub = new Hub();
  const first = joining(way);
  for (const message of first) hub.view(message);
  hub.crowd(way.others, first);
  for (const message of producer.take()) hub.produce(message);
  const sent = () => {
    producer.drain();
    return producer.take();
  };
  return {
    open: () => hub.take(),
    send(edits) {
      for (const edit of edits) write(producer.reply, edit);
      return sent();
    },
    relay(messages) {
      for (const message of messages) hub.produce(message as Uint8Array); // see send
      return hub.take();
    },
    end() {
      producer.complete();
      return sent();
    },
    join: () => hub.join(first),
  };
}

function receiver(): Receiver {
  const decoder = new Decoder(CHANNEL);
  const codec = createCodec(SUBPROTOCOLS.msgpack, () => decoder.replica);
  let hasNoticed = false;
  decoder.join();
  return {
    receive(message: Message) {
      const frame = codec.decode(message);
      if (!frame || !("channel" in frame)) return;
      const outcome = decoder.receive(frame as ReceivedFrame); // what a server sends of a channel
      if (outcome.type === "repair" || outcome.type === "failed") hasNoticed = true;
    },
    read(name) {
      const part = decoder.state?.messages[0]?.part(name);
      if (part?.kind === "json") return part.value;
      return part?.kind === "text" ? part.text : undefined;
    },
    get hasNoticed() {
      return hasNoticed;
    },
  };
}

const plain = {
  name: "deltawire",
  title: "Deltawire",
  framing: "websocket",
  sender: () => sender({ capabilities: [], others: 0 }),
  receiver,
} as const satisfies Peer;

/** The shipped engines and codecs, the server's between them; only the sockets are left out. */
export const deltawire: Peer = {
  ...plain,
  compressed: {
    ...plain,
    title: "Deltawire, the state as dictionary, 64 consumers",
    sender: () => sender({ capabilities: ["deflate"], others: 63 }),
  },
};
