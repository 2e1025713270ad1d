import { apply, type ChannelState, type Message } from "@deltawire/protocol/state";
import type { ChangesFrame, DeltawireError, PartDigest } from "@deltawire/spec";

/** A part of a message, by their ids. */
export type PartName = readonly [message: string, part: string];

/** Parts that may be under distrust at once. */
const MOST = 256;

/**
 * What a consumer has found wrong, and has not seen right since. A second failure of the same is
 * final, so that no server can make a consumer ask for one snapshot after the other.
 *
 * 1. A part is under distrust until its own digest matched, or it was removed.
 * 2. `apply` as a whole is until any digest matched.
 */
export class Distrust {
  readonly #parts = new Map<string, PartName>();
  #ofApply = false;

  /** Something is wrong with these parts, or with `apply`. Whether it was under distrust before. */
  begin(parts: readonly PartName[], ofApply: boolean): boolean {
    const again =
      (ofApply && this.#ofApply) ||
      this.#parts.size >= MOST ||
      parts.some((name) => this.#parts.has(keyOf(name)));
    for (const name of parts) this.#parts.set(keyOf(name), name);
    this.#ofApply ||= ofApply;
    return again;
  }

  /** The digest of a part matched. */
  matched(name: PartName): void {
    this.#parts.delete(keyOf(name));
    this.#ofApply = false;
  }

  /** The state has changed: what was removed is wrong no more, what completed was compared. */
  moved(before: ChannelState | undefined, after: ChannelState, frame?: ChangesFrame): void {
    for (const [key, [id, part]] of this.#parts) {
      const isGone = !after.message(id)?.part(part);
      if (isGone && before?.message(id)?.part(part)) this.#parts.delete(key);
    }
    for (const change of frame?.changes ?? []) {
      if (change.type !== "message_completed") continue;
      const message = after.message(change.id);
      if (!message?.isFinal || message === before?.message(change.id)) continue; // not compared
      for (const { part } of change.digests) this.matched([change.id, part]);
    }
  }
}

const keyOf = (name: PartName): string => JSON.stringify(name);

/** The parts that a completion in a frame found to differ, where that is why it did not apply. */
export function differingParts(
  state: ChannelState,
  frame: ChangesFrame,
  { code, path = "" }: DeltawireError,
): PartName[] {
  const at = Number(path.split("/")[2]);
  const change = frame.changes[at];
  if (code !== "digest_mismatch" || change?.type !== "message_completed") return [];
  const message = apply(state, { ...frame, changes: frame.changes.slice(0, at) }).message(
    change.id,
  );
  return message ? differing(message, change.digests) : [];
}

function differing(message: Message, digests: readonly PartDigest[]): PartName[] {
  const mine = new Map(message.digests().map((digest) => [digest.part, digest]));
  const theirs = new Map(digests.map((digest) => [digest.part, digest]));
  return [...new Set([...mine.keys(), ...theirs.keys()])]
    .filter((part) => {
      const [a, b] = [mine.get(part), theirs.get(part)];
      return a?.length !== b?.length || a?.crc32 !== b?.crc32;
    })
    .map((part) => [message.id, part]);
}
