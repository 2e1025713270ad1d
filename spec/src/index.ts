export type * from "./changes.js";
export { CLOSE_CODES } from "./close-codes.js";
export type * from "./content.js";
export type * from "./control.js";
export {
  DeltawireError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorGroup,
  type ErrorPlace,
  unreachable,
} from "./errors.js";
export type { AttributeTest, Filter, Scalar } from "./filter.js";
export type * from "./frames.js";
export { parseDownward, parseFrame } from "./gate.js";
export { isForbiddenKey } from "./keys.js";
export { LIMITS, type Limit } from "./limits.js";
export { type BytesForm, checkJson } from "./shape.js";
export { toWellFormed } from "./text.js";
export { type Capability, PROTOCOL_VERSION, SUBPROTOCOLS, type Subprotocol } from "./version.js";
