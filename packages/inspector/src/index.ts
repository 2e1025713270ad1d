export { Playback, type PlaybackClock } from "./playback.js";
export { type Recording, readRecording } from "./read-recording.js";
export { Recorder, type RecorderOptions, type TapSource } from "./recorder.js";
export { eventLines, type Gone, headLine } from "./recording-lines.js";
export type { Reason, Row, RowKind, Side } from "./row.js";
export type { Amount, Flow, Totals } from "./tally.js";
export type { Step, Version, Versions } from "./timeline.js";
export { type InspectorOptions, mountInspector } from "./ui/mount-inspector.js";
