// What differs between states, values and texts: for who writes.
export { diff } from "./diff.js";
export { diffJson } from "./json-diff.js";
export { diffText } from "./text-diff.js";
