import type { Message, Part } from "@deltawire/protocol/state";
import { DeltawireError, type PartChange, type PartContent } from "@deltawire/spec";

/** How a part writer changes its part. */
export interface PartTarget {
  /** The message as every change so far has left it. */
  readonly message: Message;
  /** Makes all of the changes, or throws and makes none. */
  change(...changes: readonly PartChange[]): void;
}

type PartOf<Kind extends Part["kind"]> = Extract<Part, { readonly kind: Kind }>;

/** The part, if it is there. @throws DeltawireError `wrong_part_kind` */
export function find<Kind extends Part["kind"]>(
  { message }: PartTarget,
  id: string,
  kind: Kind,
): PartOf<Kind> | undefined {
  const part = message.part(id);
  if (part && part.kind !== kind) {
    const what = `part ${id} of message ${message.id} is a ${part.kind} part, not a ${kind} part`;
    throw new DeltawireError("wrong_part_kind", what, { path: "/part" });
  }
  return part as PartOf<Kind> | undefined; // its kind was just compared
}

export const inserted = (content: PartContent): PartChange => ({ type: "part_inserted", content });
