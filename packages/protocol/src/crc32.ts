// CRC-32 as in ISO 3309 and RFC 1952 (polynomial 0xEDB88320, reflected), and the rule by which
// the CRC of a concatenation follows from the CRCs of its halves, as zlib's crc32_combine has it.
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32 of the bytes. */
export function crc32(bytes: Uint8Array, end: number = bytes.length): number {
  let crc = -1;
  for (let i = 0; i < end; i++) {
    crc = (TABLE[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8); // i < end
  }
  return ~crc >>> 0;
}

/** Product of two polynomials modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let mask = 0x8000_0000; mask !== 0; mask >>>= 1) {
    if (a & mask) product ^= b;
    b = b & 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product >>> 0;
}

/** x to the power 2^n, for n = 0 to 31. */
const POWERS: number[] = [0x4000_0000];
for (let n = 1; n < 32; n++) {
  const last = POWERS[n - 1] as number; // pushed one step before
  POWERS.push(multiply(last, last));
}

/** CRC-32 of a concatenation, from the CRCs of both halves and the byte length of the second. */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  let power = 0x8000_0000;
  for (let n = 3, rest = secondLength; rest > 0; n++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(POWERS[n & 31] as number, power);
  }
  return (multiply(power, first) ^ second) >>> 0;
}
