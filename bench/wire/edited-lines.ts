import type { Edit } from "./peer.js";

/** A stretch of all that is appended to a text part, in UTF-16 code units. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a back-edit touches: an insertion belongs to the character before it. */
export function touchedBy({ offset, removed }: Edit & { readonly is: "splice" }): Stretch {
  if (removed > 0) return { from: offset, to: offset + removed };
  return offset > 0 ? { from: offset - 1, to: offset } : { from: 0, to: 1 };
}

/** A piece of the text as it stands, and where it was appended. */
interface Piece {
  readonly length: number;
  readonly stretch: Stretch;
  readonly isEdited: boolean;
}

/** Finds which stretches of a text part are edited back in the course of a run. */
export class EditedLines {
  readonly #pieces: Piece[] = [];
  #length = 0;
  #appended = 0;

  /** In order, and disjoint. */
  get stretches(): readonly Stretch[] {
    return this.#pieces.filter(({ isEdited }) => isEdited).map(({ stretch }) => stretch);
  }

  append(length: number): void {
    const last = this.#pieces.at(-1);
    const to = this.#appended + length;
    const from = last && !last.isEdited ? last.stretch.from : this.#appended;
    if (last && !last.isEdited) this.#pieces.pop();
    this.#pieces.push({ length: to - from, stretch: { from, to }, isEdited: false });
    this.#appended = to;
    this.#length += length;
  }

  splice(edit: Edit & { readonly is: "splice" }): void {
    if (edit.removed === 0 && edit.offset === this.#length) {
      this.append(edit.text.length);
      return;
    }
    const { from, to } = touchedBy(edit);
    const pieces = this.#pieces;
    let last = pieces.length - 1;
    let start = this.#length - pieces[last]!.length;
    while (start >= to) start -= pieces[--last]!.length;
    const after = cut(pieces[last]!, to - start)[1];
    let first = last;
    let length = pieces[last]!.length - (after?.length ?? 0);
    while (start > from) {
      const { length: more } = pieces[--first]!;
      start -= more;
      length += more;
    }
    const before = cut(pieces[first]!, from - start)[0];
    const piece: Piece = {
      length: length - (before?.length ?? 0) - edit.removed + edit.text.length,
      stretch: {
        from: before?.stretch.to ?? pieces[first]!.stretch.from,
        to: after?.stretch.from ?? pieces[last]!.stretch.to,
      },
      isEdited: true,
    };
    const parts = [before, piece, after].filter((part) => part !== undefined);
    pieces.splice(first, last - first + 1, ...parts);
    this.#length += edit.text.length - edit.removed;
  }
}

/** What stands before and behind a place; what is edited back stays in one piece. */
function cut(
  { length, stretch, isEdited }: Piece,
  at: number,
): [Piece | undefined, Piece | undefined] {
  if (isEdited) return [undefined, undefined];
  const middle = stretch.from + at;
  const piece = (from: number, to: number): Piece | undefined =>
    to > from ? { length: to - from, stretch: { from, to }, isEdited: false } : undefined;
  return [
    at > 0 ? piece(stretch.from, middle) : undefined,
    at < length ? piece(middle, stretch.to) : undefined,
  ];
}
