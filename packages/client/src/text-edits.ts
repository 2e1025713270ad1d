import { composeSplices } from "@deltawire/protocol/state";
import type { Change, MessagePatch, PartChange, Splice } from "@deltawire/spec";

/** Splices, and units of text in them, that wait at most: past that a comparison is less work. */
const MAX_SPLICES = 64;
const MAX_UNITS = 1 << 16;

/** The edits of one text part since it was shown last, while they are known and few. */
export class TextEdits {
  readonly #message: string;
  readonly #part: string;
  #splices: readonly Splice[] | undefined = [];

  constructor(message: string, part: string) {
    this.#message = message;
    this.#part = part;
  }

  /** Adds the changes of a frame; undefined where they are not known. */
  add(changes: readonly Change[] | undefined): void {
    if (!changes) this.#splices = undefined;
    for (const change of changes ?? []) {
      if (!("id" in change) || change.id !== this.#message) continue;
      if (change.type === "message_patch") this.#patch(change);
      else if (change.type !== "message_completed") this.#splices = undefined;
    }
  }

  #patch({ parts = [] }: MessagePatch): void {
    for (const change of parts) {
      if (partOf(change) !== this.#part) continue;
      if (change.type !== "text_splice" || !this.#splices) this.#splices = undefined;
      else this.#splices = bounded(composeSplices(this.#splices, change.splices));
    }
  }

  /**
   * The splices that lead from a text of one length to one of another, and begins anew; undefined
   * where that is not known.
   */
  take(from: number, to: number): readonly Splice[] | undefined {
    const splices = this.#splices;
    this.#splices = [];
    const length = splices?.reduce((sum, { text, removed }) => sum + text.length - removed, from);
    return length === to ? splices : undefined;
  }
}

const partOf = (change: PartChange): string =>
  change.type === "part_inserted" ? change.content.id : change.part;

function bounded(splices: readonly Splice[]): readonly Splice[] | undefined {
  const units = splices.reduce((sum, { text }) => sum + text.length, 0);
  return splices.length <= MAX_SPLICES && units <= MAX_UNITS ? splices : undefined;
}
