/** A stretch of bytes, in lines of so many. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly width: number;
}

/** Bytes as lines: offset, hex, and what is ASCII of them. */
export function hexOf(bytes: Uint8Array, { start, end, width }: Stretch): string {
  const lines: string[] = [];
  const digits = bytes.length > 0xffff ? 8 : 4;
  const longest = Math.min(width, end - start);
  for (let at = start; at < end; at += width) {
    const line = bytes.subarray(at, Math.min(end, at + width));
    const pairs = Array.from(line, (byte) => byte.toString(16).padStart(2, "0"));
    const halves = [pairs.slice(0, 8).join(" "), pairs.slice(8).join(" ")];
    const hex = halves.join("  ").trimEnd();
    const ascii = Array.from(line, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    ).join("");
    const room = longest * 3 - 1 + (longest > 8 ? 1 : 0);
    lines.push(`${at.toString(16).padStart(digits, "0")}  ${hex.padEnd(room)}  ${ascii}`);
  }
  return lines.join("\n");
}
