import { Composition } from "@deltawire/protocol/composition";
import type { ChannelState } from "@deltawire/protocol/state";
import type { Change, PartChange, Splice } from "@deltawire/spec";

/** A splice of one text, or of one string in a JSON part, which may have grown where it ends. */
interface Growth {
  readonly id: string;
  readonly part: string;
  /** Where in the JSON part. */
  readonly path: string | undefined;
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
    if (attributes || status !== undefined || origin !== undefined) return false;
    const splice = onlySplice(parts[0]);
    if (!splice) return false;
    const { part, path, offset, removed, text } = splice;
    const growth = this.#growth;
    if (!growth) {
      this.#growth = { id, part, path, offset, removed, text };
      return true;
    }
    const isSame = growth.part === part && growth.path === path && growth.id === id;
    if (!isSame || removed > 0 || offset !== growth.offset + growth.text.length) return false;
    growth.text += text;
    return true;
  }

  /** The changes, see {@link Composition.changes}. */
  changes(own: Pick<ChannelState, "message">): Change[] {
    const growth = this.#growth;
    if (!growth) return this.#composition?.changes(own) ?? [];
    const change = changeOf(growth);
    if (isLeast(growth, own)) return [change];
    const composition = new Composition();
    composition.add([change]);
    return composition.changes(own);
  }
}

/**
 * Whether its message, or its part, whole is never less. A text holds what was spliced into it; the
 * string in a value does, too, but its path may be longer than the rest of the value.
 */
const isLeast = (
  { id, part, path = "", text }: Growth,
  own: Pick<ChannelState, "message">,
): boolean => path === "" || path.length + text.length < (own.message(id)?.part(part)?.size ?? 0);

function changeOf({ id, part, path, offset, removed, text }: Growth): Change {
  const splice = { changed_offset: offset, removed, text };
  const change: PartChange =
    path === undefined
      ? { type: "text_splice", part, splices: [splice] }
      : { type: "json_patch", part, operations: [{ op: "splice", path, ...splice }] };
  return { type: "message_patch", id, parts: [change] };
}

/** What a change splices, and where, if that is all that it does. */
function onlySplice(change: PartChange | undefined): Omit<Growth, "id"> | undefined {
  if (change?.type === "text_splice") {
    const splice = change.splices.length === 1 ? change.splices[0] : undefined;
    return splice && growthOf(change.part, undefined, splice);
  }
  if (change?.type !== "json_patch" || change.operations.length !== 1) return undefined;
  const operation = change.operations[0];
  return operation?.op === "splice" ? growthOf(change.part, operation.path, operation) : undefined;
}

const growthOf = (
  part: string,
  path: string | undefined,
  { changed_offset: offset, removed, text }: Splice,
): Omit<Growth, "id"> => ({ part, path, offset, removed, text });
