import { Packer } from "./packer.js";
import { Unpacker } from "./unpacker.js";

const packer = new Packer();

/**
 * MessagePack as the protocol has it, for who keeps values: text comes back as it was, a byte order
 * mark at its front too, and bytes in memory of their own.
 */
export const MessagePack = {
  /**
   * A value of JSON and bytes (`Uint8Array`); a member that is undefined is left out.
   *
   * @throws TypeError for anything else
   */
  pack(value: unknown): Uint8Array {
    return packer.pack(value);
  },

  /** @throws DeltawireError `malformed`, `ill_formed_text` and `limit_exceeded`, with the byte */
  unpack(bytes: Uint8Array): unknown {
    return new Unpacker(bytes).only();
  },
} as const;
