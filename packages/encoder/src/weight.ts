/** Weight of a frame above which it is split, unless it has one change only. */
export const FRAME_WEIGHT: number = 1 << 20;

/** Units of text, or bytes, that go into one change; a longer one becomes several. */
export const PIECE: number = 1 << 18;

/**
 * What a value weighs: for JSON its size by the size rule of PROTOCOL.md. In neither codec does a
 * unit of it take more than six bytes.
 */
export function weigh(value: unknown): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return 8 + value.length;
  let weight = 8;
  if (Array.isArray(value)) {
    for (const item of value) weight += weigh(item);
    return weight;
  }
  const members = value as Readonly<Record<string, unknown>>; // neither a list nor bytes
  for (const key in members) weight += key.length + weigh(members[key]);
  return weight;
}
