import { diffText } from "@deltawire/protocol/differences";
import { Text } from "@deltawire/protocol/state";
import { DeltawireError, type Splice, toWellFormed } from "@deltawire/spec";

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** A text that is not well-formed, as it was written, and how many halves in it are lone. */
export interface IllFormed {
  readonly text: Text;
  readonly lone: number;
}

/** What an edit comes to. */
export interface TextEdit {
  /** On the wire. */
  readonly splices: readonly Splice[];
  /** What is written after it, where that differs from what is on the wire. */
  readonly written: IllFormed | undefined;
  /** What is on the wire after it, where that is at hand as one string. */
  readonly whole?: string;
}

/** The well-formed form of some units of a text, and how many lone halves are among them. */
interface Region {
  readonly text: string;
  readonly lone: number;
}

/**
 * What a producer wrote to a text part, which need not be well-formed, beside the well-formed text
 * that is on the wire for it. PROTOCOL.md, "Ill-formed text". Immutable: it says what an edit comes
 * to, so that an edit that is refused has done nothing.
 *
 * 1. Both have the same offsets: a lone half is one unit, and so is U+FFFD. Only a high half at
 *    the very end is not on the wire yet: it waits for the next change or for the end.
 * 2. Each edit looks one unit beyond its own ends, never at the whole text.
 * 3. While what was written is well-formed both are one text.
 */
export class TextSource {
  readonly #wire: Text;
  readonly #written: IllFormed | undefined;

  constructor(wire: Text = Text.empty, written?: IllFormed) {
    this.#wire = wire;
    this.#written = written;
  }

  /** The number of UTF-16 code units that were written. */
  get length(): number {
    return this.#text.length;
  }

  get #text(): Text {
    return this.#written?.text ?? this.#wire;
  }

  append(text: string): TextEdit {
    return this.splice(this.length, 0, text);
  }

  /**
   * Replaces `removed` units at `offset`.
   *
   * @throws DeltawireError `offset_out_of_range`
   */
  splice(offset: number, removed: number, text: string): TextEdit {
    if (!isCount(offset) || !isCount(removed) || offset + removed > this.length) {
      const what = `cannot replace ${removed} units at ${offset} of a text of ${this.length} units`;
      throw new DeltawireError("offset_out_of_range", what, { path: "/changed_offset" });
    }
    const end = offset + removed;
    const plain = !this.#written && toWellFormed(text) === text;
    if (plain && this.#wire.isBoundary(offset) && this.#wire.isBoundary(end)) {
      const nothing = removed === 0 && text === "";
      const splices = nothing ? [] : [{ changed_offset: offset, removed, text }];
      return { splices, written: undefined };
    }
    return this.#spliceIllFormed(offset, end, text);
  }

  #spliceIllFormed(offset: number, end: number, text: string): TextEdit {
    const before = this.#text;
    const after = before.splice(offset, end - offset, text);
    const grown = after.length - before.length;
    // One unit beyond the edit on each side may change its form; two where that cuts a pair.
    let start = Math.max(0, offset - 1);
    if (start > 0 && isLow(before.unitAt(start))) start -= 1;
    let stop = Math.min(before.length, end + 1);
    if (stop < before.length && isLow(before.unitAt(stop))) stop += 1;
    const old = regionOf(before, start, stop);
    const next = regionOf(after, start, stop + grown);
    const lone = (this.#written?.lone ?? 0) + next.lone - old.lone;
    const splices = diffText(old.text, next.text).map((splice) => ({
      ...splice,
      changed_offset: splice.changed_offset + start,
    }));
    return { splices, written: lone > 0 ? { text: after, lone } : undefined };
  }

  /** Makes this the whole text; what it has in common with the text before is found out. */
  set(text: string): TextEdit {
    const before = this.#wire.toString();
    if (!this.#written && text.slice(0, before.length) === before) {
      const edit = this.append(text.slice(before.length)); // what was compared is well-formed
      return edit.written ? edit : { ...edit, whole: text };
    }
    const whole = toWellFormed(isHigh(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text);
    const splices = diffText(before, whole);
    if (whole === text) return { splices, whole, written: undefined };
    const raw = Text.of(text);
    return { splices, whole, written: { text: raw, lone: regionOf(raw, 0, text.length).lone } };
  }

  /** Nothing more comes: a high half that was waiting is lone, as if U+FFFD had been written. */
  finish(): TextEdit {
    const { length } = this.#wire;
    if (length === this.length) return { splices: [], written: this.#written };
    return this.splice(length, 1, "\uFFFD");
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
