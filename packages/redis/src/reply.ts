import type { DeltawireError, LogAnswer, LogContents, LogRecord } from "@deltawire/server";
import { failure } from "./failure.js";

/** What Redis answers a script: strings as bytes. */
export type Reply = Buffer | number | null | readonly Reply[];

/** @throws DeltawireError for anything else: the keys hold what this package did not write */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw strange(reply);
}

/** @throws DeltawireError for anything else */
export function textOf(reply: Reply | undefined): string {
  if (Buffer.isBuffer(reply)) return reply.toString();
  throw strange(reply);
}

/** A whole number, as Redis writes it. @throws DeltawireError for anything else */
export function numberOf(reply: Reply | undefined): number {
  const number = typeof reply === "number" ? reply : Number(textOf(reply).replace(/-0$/, ""));
  if (Number.isSafeInteger(number)) return number;
  throw strange(reply);
}

/** Bytes of their own: those of a reply are part of whatever was read from the socket at once. */
function dataOf(reply: Reply | undefined): Uint8Array {
  if (Buffer.isBuffer(reply)) return new Uint8Array(reply);
  throw strange(reply);
}

const strange = (reply: unknown): DeltawireError =>
  failure(
    "reply",
    `keys hold what this package did not write: ${JSON.stringify(reply)}`,
    undefined,
  );

/** What the script `append` answers; `"mark"` where the mark is needed first. */
export type AppendReply = LogAnswer | "mark" | "appended, and the work is done";

/** Reads what the script `append` answers. */
export function appendReply(reply: Reply): AppendReply {
  const [kind, work] = listOf(reply);
  if (kind === 2) return "mark";
  if (kind === 1) return work === 1 ? "appended, and the work is done" : { type: "appended" };
  return { type: "conflict", contents: contentsOf(reply) };
}

/** Reads what a log holds. */
export function contentsOf(reply: Reply): LogContents {
  const [, continues, index, tag, data, entries] = listOf(reply);
  const records = listOf(entries).map(recordOf);
  if (continues === 1) return { continues: true, records };
  if (index === null) return { continues: false, records };
  const snapshot = { index: numberOf(index), tag: textOf(tag), data: dataOf(data) };
  return { continues: false, snapshot, records };
}

function recordOf(reply: Reply): LogRecord {
  const [id, fields] = listOf(reply);
  const [, tag, , data] = listOf(fields);
  return { index: numberOf(id), tag: textOf(tag), data: dataOf(data) };
}
