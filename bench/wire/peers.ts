import type { Peer } from "./peer.js";
import { acp } from "./peers/acp.js";
import { agUi } from "./peers/ag-ui.js";
import { agUiProtobuf } from "./peers/ag-ui-protobuf.js";
import { aiSdk } from "./peers/ai-sdk.js";
import { chatgpt } from "./peers/chatgpt.js";
import { deltawire } from "./peers/deltawire.js";
import { durableStreams } from "./peers/durable-streams.js";
import { fastJsonPatch } from "./peers/fast-json-patch.js";
import { fossilDelta } from "./peers/fossil-delta.js";
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
  fastJsonPatch,
  fossilDelta,
  yjs,
  loro,
  jsonJoy,
  chatgpt,
  aiSdk,
  agUi,
  agUiProtobuf,
  acp,
  durableStreams,
  socketIo,
];
