import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "@deltawire/protocol";
import type { JsonValue } from "@deltawire/spec";

/** What one process holds at the end: a digest of each part's whole content, in document order. */
export interface Holding {
  readonly status: string;
  readonly parts: readonly { readonly id: string; readonly sha256: string }[];
}

/** A value as text that does not depend on the order of members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** The holding of a message with this content: texts, or JSON values, by part. */
export function holdingOf(status: string, content: Iterable<readonly [string, unknown]>): Holding {
  const parts = [...content].map(([id, value]) => ({
    id,
    sha256: createHash("sha256").update(canonical(value)).digest("hex"),
  }));
  return { status, parts };
}

/** The content of a message, by part. */
export function contentOf(message: Message | undefined): (readonly [string, JsonValue])[] {
  return (message?.parts ?? []).map((part) => {
    if (part.kind === "bytes") return [part.id, Buffer.from(part.bytes).toString("base64")];
    return [part.id, part.kind === "text" ? part.text : part.value];
  });
}

/** Writes a holding for the checker. */
export async function writeHolding(folder: string, name: string, holding: Holding): Promise<void> {
  await writeFile(join(folder, `${name}.json`), JSON.stringify(holding, null, 2));
}

/** Compares every holding in a folder with the producer's; returns the names of those that differ. */
export async function compareHoldings(
  folder: string,
  expected: readonly string[],
): Promise<string[]> {
  const files = new Set(await readdir(folder));
  const read = (name: string) => readFile(join(folder, `${name}.json`), "utf8");
  const producer = files.has("producer.json") ? await read("producer") : undefined;
  const differ: string[] = [];
  for (const name of expected) {
    const held = files.has(`${name}.json`) ? await read(name) : "nothing";
    if (held !== producer) differ.push(name);
  }
  return differ;
}
