const WIDTH = 16;

/** Bytes from `start` up to, not including, `end`: offset, hex, and what is ASCII of them. */
export function hexOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const lines: string[] = [];
  const digits = bytes.length > 0xffff ? 8 : 4;
  for (let at = start; at < end; at += WIDTH) {
    const line = bytes.subarray(at, Math.min(end, at + WIDTH));
    const pairs = Array.from(line, (byte) => byte.toString(16).padStart(2, "0"));
    const hex = `${pairs.slice(0, 8).join(" ")}  ${pairs.slice(8).join(" ")}`;
    const ascii = Array.from(line, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    ).join("");
    lines.push(`${at.toString(16).padStart(digits, "0")}  ${hex.padEnd(WIDTH * 3)}  ${ascii}`);
  }
  return lines.join("\n");
}
