import { type Channel, connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import WebSocket from "ws";
import { PIECES, type StalledPeer } from "./peer.js";

const CHANNEL = "large";

/** Long enough that nobody who stalls is taken for dead. */
const HEARTBEAT = 600_000;

/** The version, and the digest of the text that grows. */
function proofOf({ state }: Pick<Channel, "state">): string {
  const text = state.messages.at(-1)?.part("text");
  return `${state.seq} ${text?.kind === "text" ? text.content.crc32() : 0}`;
}

/** A channel: each piece a message that is complete, and one more that grows. */
export const deltawire: StalledPeer = {
  async serve() {
    const server = createServer();
    const { url } = await server.listen({ port: 0, heartbeat: HEARTBEAT });
    const channel = server.channel(CHANNEL, { throttle: 0 });
    for (const [i, piece] of PIECES.entries()) {
      const message = channel.write(`m${i}`);
      message.append(piece);
      await message.complete();
    }
    const message = channel.write("live");
    message.append("\n");
    return {
      url,
      append: (text) => message.append(text),
      get proof() {
        return proofOf(channel);
      },
    };
  },
  follow(url, reads) {
    let socket: WebSocket | undefined;
    class Paused extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        socket = this;
        this.once("message", () => this.pause()); // it is welcome
      }
    }
    // The standard's handlers are wider.
    const client = connect(url, { WebSocket: (reads ? WebSocket : Paused) as never });
    const channel = client.channel(CHANNEL);
    channel.subscribe(() => undefined);
    return {
      get hasJoined() {
        return reads ? channel.isLive : (socket?.isPaused ?? false);
      },
      get proof() {
        return proofOf(channel);
      },
      resume: () => socket?.resume(),
      close: () => void client.close(),
    };
  },
};
