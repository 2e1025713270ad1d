import { type Channel, connect } from "@deltawire/client";
import { createCodec } from "@deltawire/protocol";
import { createServer } from "@deltawire/server";
import { type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import type { FanoutPeer } from "../peer.js";
import { textOf } from "../peer.js";
import { clientMessage, upgradeRequest } from "../upgrade.js";

const CHANNEL = "room";

/** Longer than any run: nobody is asked whether it is there. */
const HEARTBEAT = 600_000;

const textIn = ({ state }: Channel): string => state.messages[0]?.text ?? "";

/** A channel of a server that is told nothing but that all consumers are one principal. */
export const deltawire: FanoutPeer = {
  async serve() {
    const server = createServer({ limits: { connectionsPerPrincipal: 10_000 } });
    const { url } = await server.listen({ port: 0, heartbeat: HEARTBEAT });
    const message = server.channel(CHANNEL, { throttle: 0 }).write("message");
    message.append(textOf(0));
    return {
      port: Number(new URL(url).port),
      async send(texts) {
        for (const text of texts) {
          message.append(text);
          await undefined; // what is appended in one step is one frame: these are to be several
        }
      },
    };
  },
  greeting(port) {
    const codec = createCodec(SUBPROTOCOLS.msgpack);
    const frames: readonly Frame[] = [
      { type: "hello", version: 1 },
      { type: "subscribe", channel: CHANNEL, request: 1 },
    ];
    const messages = frames.flatMap((frame) => codec.encode(frame));
    return [
      upgradeRequest(port, "/wire", SUBPROTOCOLS.msgpack),
      Buffer.concat(messages.map(clientMessage)),
    ];
  },
  async watch(port) {
    const channel = connect(`ws://127.0.0.1:${port}/wire`).channel(CHANNEL);
    channel.subscribe(() => undefined);
    while (!textIn(channel)) await new Promise((later) => setTimeout(later, 5));
    return {
      get text() {
        return textIn(channel);
      },
    };
  },
};
