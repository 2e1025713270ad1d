import { MessagePack } from "@deltawire/protocol";
import type {
  Change,
  Closure,
  JsonObject,
  MessageSnapshot,
  StoredHead,
  StoredPatch,
} from "@deltawire/server";

/** Where a message stands in a database, and what was saved of it last. */
export interface Entry {
  readonly order: number;
  /** The epoch that `since` counts in. */
  readonly epoch: string;
  /** The version at which it was saved last, whole or by a patch. */
  readonly since: number;
  /** Patches since it was saved whole. */
  readonly patches: number;
}

/** A message whole, and the version that it is of. */
export interface Whole {
  readonly seq: number;
  readonly message: MessageSnapshot;
}

const { pack, unpack } = MessagePack;

// What these decode is what the function before each encoded: the one reason for their casts.

export const encodeHead = ({ epoch, seq, attributes, closed }: StoredHead): Uint8Array =>
  pack([epoch, seq, attributes, closed ?? null]);

export function decodeHead(value: Uint8Array): StoredHead {
  type Fields = [string, number, JsonObject, Closure | null];
  const [epoch, seq, attributes, closed] = unpack(value) as Fields;
  return { epoch, seq, attributes, ...(closed && { closed }) };
}

export const encodeEntry = ({ order, epoch, since, patches }: Entry): Uint8Array =>
  pack([order, epoch, since, patches]);

export function decodeEntry(value: Uint8Array): Entry {
  const [order, epoch, since, patches] = unpack(value) as [number, string, number, number];
  return { order, epoch, since, patches };
}

export const encodeWhole = ({ seq, message }: Whole): Uint8Array => pack([seq, message]);

export function decodeWhole(value: Uint8Array): Whole {
  const [seq, message] = unpack(value) as [number, MessageSnapshot];
  return { seq, message };
}

export const encodePatch = ({ seq, changes }: StoredPatch): Uint8Array => pack([seq, changes]);

export function decodePatch(value: Uint8Array): StoredPatch {
  const [seq, changes] = unpack(value) as [number, readonly Change[]];
  return { seq, changes };
}
