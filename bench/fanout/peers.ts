import type { FanoutPeer, FanoutPeerName } from "./peer.js";

/** The peer of a name; no other one is loaded. */
export async function peerOf(name: FanoutPeerName): Promise<FanoutPeer> {
  switch (name) {
    case "deltawire":
      return (await import("./peers/deltawire.js")).deltawire;
    case "ws":
      return (await import("./peers/ws.js")).ws;
    case "socket-io":
      return (await import("./peers/socket-io.js")).socketIo;
    case "sse":
      return (await import("./peers/sse.js")).sse;
    case "raw-socket":
      return (await import("./peers/raw-socket.js")).rawSocket;
  }
}
