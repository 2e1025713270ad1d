import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { CLOSE_CODES, ERROR_CODES, LIMITS, PROTOCOL_VERSION, SUBPROTOCOLS } from "@deltawire/spec";
import { expect, it } from "vitest";
import { COMPRESSED } from "./compressed-forms.js";
import { DICTIONARY } from "./dictionary.js";
import { APPEND_BY_ORDINAL, ARRAY, COMPACT } from "./msgpack-codec.js";
import { KINDS, OPERATIONS, STATUSES, TUPLE } from "./msgpack-tuples.js";

/**
 * SHA-256 of what peers of a version must agree on, for each version that was ever published. Where
 * this fails, the wire has changed. If peers of before and after would still end in the same state
 * (an optional field that may be ignored; one more vector), pin the new digest. Otherwise count up
 * `PROTOCOL_VERSION`, and add a line.
 */
const PINNED: Readonly<Record<number, { readonly codes: string; readonly vectors: string }>> = {
  1: {
    codes: "780e4549fa1ab022a07705fcf5e3cb99893e7f6d61137ba681e9b31c26703ea5",
    vectors: "b95c23baee34108155c55137254f42f79519ec3bfd1d49168d6eb50f693573ea",
  },
};

const sha256 = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex");

const spec = new URL("../../../spec/", import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, spec), "utf8"));
const pinned = PINNED[PROTOCOL_VERSION];

it("frames, codes and limits are those that were pinned for this version", () => {
  const forms = { COMPRESSED, DICTIONARY, COMPACT };
  const tables = { APPEND_BY_ORDINAL, ARRAY, TUPLE, KINDS, STATUSES, OPERATIONS, ...forms };
  const schema = read("schema/frames.schema.json");
  const wire = { SUBPROTOCOLS, schema, tables, LIMITS, ERROR_CODES, CLOSE_CODES };
  expect(sha256(wire)).toBe(pinned?.codes);
});

it("vectors are those that were pinned for this version", () => {
  const names = readdirSync(new URL("vectors/", spec)).filter((name) => name.endsWith(".json"));
  expect(sha256(names.sort().map((name) => [name, read(`vectors/${name}`)]))).toBe(pinned?.vectors);
});
