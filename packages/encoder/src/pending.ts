import { type ChannelState, Composition } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";

/** A splice of one text, which may have grown where it ends. */
interface Growth {
  readonly id: string;
  readonly part: string;
  readonly offset: number;
  readonly removed: number;
  text: string;
}

/**
 * What was written and is in no frame yet, composed. As long as that is one splice, or a text which
 * grows, it is kept as no more than that: so it is most of the time.
 */
export class Pending {
  #growth: Growth | undefined;
  #composition: Composition | undefined;

  get isEmpty(): boolean {
    return !this.#growth && (this.#composition?.isEmpty ?? true);
  }

  add(change: Change): void {
    if (!this.#composition && this.#grow(change)) return;
    const growth = this.#growth;
    this.#composition ??= new Composition();
    if (growth) this.#composition.add([changeOf(growth)]);
    this.#growth = undefined;
    this.#composition.add([change]);
  }

  /** Whether a change is the first splice, or goes on where that one ends. */
  #grow(change: Change): boolean {
    if (change.type !== "message_patch" || change.parts?.length !== 1) return false;
    const { id, parts, attributes, status, origin } = change;
    const only = parts[0];
    const splice = only?.type === "text_splice" ? only.splices[0] : undefined;
    if (only?.type !== "text_splice" || !splice || only.splices.length > 1) return false;
    if (attributes || status !== undefined || origin !== undefined) return false;
    const { part } = only;
    const { changed_offset: offset, removed, text } = splice;
    const growth = this.#growth;
    if (!growth) {
      this.#growth = { id, part, offset, removed, text };
      return true;
    }
    const isSame = growth.part === part && growth.id === id;
    if (!isSame || removed > 0 || offset !== growth.offset + growth.text.length) return false;
    growth.text += text;
    return true;
  }

  /** The changes, see {@link Composition.changes}. */
  changes(own: Pick<ChannelState, "message">): Change[] {
    const growth = this.#growth;
    return growth ? [changeOf(growth)] : (this.#composition?.changes(own) ?? []);
  }
}

/** A composed splice: whole, its message or its part never is less. */
function changeOf({ id, part, offset, removed, text }: Growth): Change {
  const splice = { changed_offset: offset, removed, text };
  return {
    type: "message_patch",
    id,
    parts: [{ type: "text_splice", part, splices: [splice] }],
  };
}
