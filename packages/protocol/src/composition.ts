// Composition alone, for who loads it when it is needed.
export { Composition } from "./compose.js";
