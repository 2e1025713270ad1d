import type { StalledPeer, StalledPeerName } from "./peer.js";

/** The peer of a name; no other one is loaded. */
export async function peerOf(name: StalledPeerName): Promise<StalledPeer> {
  switch (name) {
    case "deltawire":
      return (await import("./deltawire.js")).deltawire;
    case "ws":
      return (await import("./ws.js")).ws;
  }
}
