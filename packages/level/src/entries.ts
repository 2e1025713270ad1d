import type { LevelDatabase } from "./format.js";
import type { KeyRange } from "./key.js";

/** Entries that are fetched at once, and bytes of them after which it stops. */
const AT_ONCE = 1000;
const BYTES_AT_ONCE = 1024 * 1024;

/** The entries of a range, in order or from its end. */
export async function* entriesIn(
  database: LevelDatabase,
  range: KeyRange,
  options: {
    readonly reverse?: boolean;
    readonly atOnce?: number;
    /** The moment that they are of. @default now */
    readonly snapshot?: ReturnType<LevelDatabase["snapshot"]>;
  } = {},
): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
  const { atOnce = AT_ONCE, ...rest } = options;
  const iterator = database.iterator({ ...range, ...rest, highWaterMarkBytes: BYTES_AT_ONCE });
  try {
    for (;;) {
      const entries = await iterator.nextv(atOnce);
      if (entries.length === 0) return;
      for (const [key, value] of entries) yield [plain(key), plain(value)];
    }
  } finally {
    await iterator.close();
  }
}

/** The same bytes, as no Buffer: whoever gets them compares and slices them as the web does. */
const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
