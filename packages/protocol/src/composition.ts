// What differs between states and what changes come to: for who writes, or patches a view itself.
export { Composition } from "./compose.js";
export { diff } from "./diff.js";
export { diffJson } from "./json-diff.js";
export { diffText } from "./text-diff.js";
