import { isDeepStrictEqual } from "node:util";
import { ChannelState, createCodec, Message, type Wire } from "@deltawire/protocol";
import { DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { pack } from "../../packages/protocol/src/msgpack-codec.js";
import type { Random } from "../random.js";
import { hostileMessage, hostileStream } from "./hostile-messages.js";
import { inTime, type Target } from "./target.js";

/** Messages that one codec reads, each with what those before have left of it. */
const RUN = 20;

/** What compressed forms are read with, at a version that they may begin at. */
const STATE = ChannelState.of("e", {
  messages: [
    Message.of({
      id: "m",
      generation: 0,
      role: "r",
      status: "streaming",
      parts: [{ id: "t", kind: "text", text: "Deltas are sent, not documents. " }],
    }),
  ],
});

/** Says that what follows is about channel c. */
const SELECT = pack([3, 0, "c"]);

/** Both codecs: what they read is a frame that they write and read again, or a typed error. */
export const decoders: Target = {
  name: "decoders",
  attack(random: Random) {
    for (const compact of [true, false]) {
      const subprotocol = compact ? SUBPROTOCOLS.msgpack : SUBPROTOCOLS.json;
      const replica = STATE.with({ seq: random.int(6) });
      const codec = createCodec(subprotocol, () => replica);
      codec.readsCompact = random.chance(0.7);
      for (let i = 0; i < RUN; i++) {
        const message = hostileMessage(random, compact);
        const frame = inTime("a decoder", () => read(codec.decode.bind(codec), message));
        if (frame && !compact) expectSame(frame);
      }
    }
    const codec = createCodec(SUBPROTOCOLS.msgpack);
    codec.readsCompact = true;
    codec.encode({ type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 });
    codec.decode(SELECT);
    for (const message of hostileStream(random)) {
      inTime("a decoder", () => read(codec.decode.bind(codec), message));
    }
  },
  close() {
    // they hold nothing
  },
};

function read(decode: (message: Wire) => Frame | undefined, message: Wire): Frame | undefined {
  try {
    return decode(message);
  } catch (error) {
    if (error instanceof DeltawireError && error.message !== "") return undefined;
    const what = typeof message === "string" ? message : Buffer.from(message).toString("hex");
    throw new Error(`a decoder threw at ${what.slice(0, 500)}`, { cause: error });
  }
}

function expectSame(frame: Frame): void {
  const codec = createCodec(SUBPROTOCOLS.json);
  const [message = ""] = codec.encode(frame);
  const again = createCodec(SUBPROTOCOLS.json).decode(message);
  if (isDeepStrictEqual(frame, again)) return;
  throw new Error(`a frame became another one: ${JSON.stringify(frame)}`);
}
