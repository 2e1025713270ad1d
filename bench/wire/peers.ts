import type { Peer } from "./peer.js";
import { resend, resendToken } from "./peers/resend.js";
import { tailPatch } from "./peers/tail-patch.js";

/** Every way that is measured, ours first. */
export const PEERS: readonly Peer[] = [resendToken, resend, tailPatch];
