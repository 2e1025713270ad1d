// The JSON codec alone, for who is to load no other one.
export { JsonCodec } from "./json-codec.js";
export type { Codec, Gate, StateOf, Wire } from "./wire.js";
