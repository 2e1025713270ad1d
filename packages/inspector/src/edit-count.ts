import type { Change, PartChange } from "@deltawire/spec";

/**
 * Whether changes are of two writes at least: they concern different parts, or different things of
 * a message. What one write does to one part may be any number of splices.
 */
export function isTogether(changes: readonly Change[]): boolean {
  let count = 0;
  for (const change of changes) {
    count += change.type === "message_patch" ? targets(change) : 1;
    if (count > 1) return true;
  }
  return false;
}

function targets(change: Change & { readonly type: "message_patch" }): number {
  const { parts = [], attributes, status } = change;
  const own = new Set(parts.map(partOf)).size;
  return own + (attributes ? 1 : 0) + (status ? 1 : 0);
}

const partOf = (change: PartChange): string =>
  change.type === "part_inserted" ? change.content.id : change.part;
