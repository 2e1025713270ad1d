import type { Peer } from "./peer.js";
import { deltawire } from "./peers/deltawire.js";
import { durableStreams } from "./peers/durable-streams.js";
import { jsonJoy } from "./peers/json-joy.js";
import { loro } from "./peers/loro.js";
import { resend, resendToken } from "./peers/resend.js";
import { socketIo } from "./peers/socket-io.js";
import { tailPatch } from "./peers/tail-patch.js";
import { yjs } from "./peers/yjs.js";

/** Every way that is measured, ours first. */
export const PEERS: readonly Peer[] = [
  deltawire,
  resendToken,
  resend,
  tailPatch,
  yjs,
  loro,
  jsonJoy,
  durableStreams,
  socketIo,
];
