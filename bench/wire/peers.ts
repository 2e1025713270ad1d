import type { Peer } from "./peer.js";
import { deltawire } from "./peers/deltawire.js";
import { resend, resendToken } from "./peers/resend.js";
import { tailPatch } from "./peers/tail-patch.js";

/** Every way that is measured, ours first. */
export const PEERS: readonly Peer[] = [deltawire, resendToken, resend, tailPatch];
