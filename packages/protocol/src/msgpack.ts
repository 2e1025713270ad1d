// The MessagePack codec alone, for who loads it when it is needed.
export { MsgpackCodec } from "./msgpack-connection.js";
