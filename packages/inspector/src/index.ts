export { Recorder, type RecorderOptions, type TapSource } from "./recorder.js";
export type { Reason, Row, RowKind, Side } from "./row.js";
export type { Amount, Flow, Totals } from "./tally.js";
export type { Version, Versions } from "./timeline.js";
