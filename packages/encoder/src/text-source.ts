import { Text } from "@deltawire/protocol";
import { DeltawireError, isWellFormed, type Splice, toWellFormed } from "@deltawire/spec";

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The well-formed form of some units of a text, and how many lone halves are among them. */
interface Region {
  readonly text: string;
  readonly lone: number;
}

/**
 * What a producer wrote to a text part, which need not be well-formed, and the well-formed text
 * that goes on the wire for it. PROTOCOL.md, "Text of a producer".
 *
 * 1. Both have the same offsets: a lone half is one unit, and so is U+FFFD. Only a high half at
 *    the very end is not on the wire yet: it waits for the next change or for the end.
 * 2. Each edit looks one unit beyond its own ends, never at the whole text.
 * 3. While what was written is well-formed both are one text.
 */
export class TextSource {
  #wire: Text = Text.empty;
  /** What was written, where that differs from the wire. */
  #raw: Text | undefined;
  #lone = 0;

  /** The number of UTF-16 code units that were written. */
  get length(): number {
    return (this.#raw ?? this.#wire).length;
  }

  append(text: string): Splice[] {
    return this.splice(this.length, 0, text);
  }

  /**
   * Replaces `removed` units at `offset`; returns what that does on the wire.
   *
   * @throws DeltawireError `offset_out_of_range`
   */
  splice(offset: number, removed: number, text: string): Splice[] {
    const whole = [offset, removed].every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!whole || offset + removed > this.length) {
      const what = `cannot replace ${removed} units at ${offset} of a text of ${this.length} units`;
      throw new DeltawireError("offset_out_of_range", what, { path: "/changed_offset" });
    }
    const end = offset + removed;
    const plain = !this.#raw && isWellFormed(text);
    if (plain && this.#wire.isBoundary(offset) && this.#wire.isBoundary(end)) {
      if (removed === 0 && text === "") return [];
      this.#wire = this.#wire.splice(offset, removed, text);
      return [{ changed_offset: offset, removed, text }];
    }
    return this.#spliceRaw(offset, end, text);
  }

  #spliceRaw(offset: number, end: number, text: string): Splice[] {
    const before = this.#raw ?? this.#wire;
    const after = before.splice(offset, end - offset, text);
    const grown = after.length - before.length;
    // One unit beyond the edit on each side may change its form; two where that cuts a pair.
    let start = Math.max(0, offset - 1);
    if (start > 0 && isLow(before.unitAt(start))) start -= 1;
    let stop = Math.min(before.length, end + 1);
    if (stop < before.length && isLow(before.unitAt(stop))) stop += 1;
    const old = regionOf(before, start, stop);
    const next = regionOf(after, start, stop + grown);
    this.#lone += next.lone - old.lone;
    this.#raw = this.#lone > 0 ? after : undefined;
    return this.#write(Text.diff(old.text, next.text), start);
  }

  #write(splices: readonly Splice[], start: number): Splice[] {
    const moved = splices.map((splice) => ({
      ...splice,
      changed_offset: splice.changed_offset + start,
    }));
    for (const { changed_offset, removed, text } of moved.slice().reverse()) {
      this.#wire = this.#wire.splice(changed_offset, removed, text);
    }
    return moved;
  }

  /** Makes this the whole text; what it has in common with the text before is found out. */
  set(text: string): Splice[] {
    const before = this.#wire.toString();
    if (!this.#raw && text.slice(0, before.length) === before) {
      const splices = this.append(text.slice(before.length)); // what was compared is well-formed
      if (!this.#raw) this.#wire.reads(text);
      return splices;
    }
    const wire = toWellFormed(isHigh(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text);
    const splices = Text.diff(before, wire);
    this.#write(splices, 0);
    this.#wire.reads(wire);
    this.#raw = wire === text ? undefined : Text.of(text);
    this.#lone = this.#raw ? regionOf(this.#raw, 0, text.length).lone : 0;
    return splices;
  }

  /** Something was refused: goes back to what is on the wire, unless it is there. */
  resync(wire: Text): void {
    if (wire.length === this.#wire.length) return;
    this.#wire = wire;
    this.#raw = undefined;
    this.#lone = 0;
  }

  /** Nothing more comes: a high half that was waiting is lone. */
  finish(): Splice[] {
    const changed_offset = this.#wire.length;
    if (changed_offset === this.length) return [];
    this.#wire = this.#wire.append("\uFFFD");
    return [{ changed_offset, removed: 0, text: "\uFFFD" }];
  }
}

function regionOf(text: Text, start: number, end: number): Region {
  const from = Math.max(0, start - 1);
  const raw = text.slice(from, Math.min(text.length, end + 1));
  const formed = toWellFormed(raw);
  let lone = 0;
  for (let i = start - from; i < end - from; i++) {
    if (raw.charCodeAt(i) !== formed.charCodeAt(i)) lone += 1;
  }
  const waits = end === text.length && end > start && isHigh(text.unitAt(end - 1));
  return { text: formed.slice(start - from, end - from - (waits ? 1 : 0)), lone };
}
