import { DeltawireError } from "@deltawire/spec";

/** A version of a channel, as text that may stand in a header, an event's id and a query. */
export interface Version {
  readonly epoch: string;
  readonly seq: number;
}

/** `epoch:seq`, the epoch percent-encoded. */
export function formatVersion({ epoch, seq }: Version): string {
  return `${encodeURIComponent(epoch)}:${seq}`;
}

/** @throws DeltawireError `malformed` where it is none; `name` says where it stood */
export function parseVersion(text: string, name: string): Version {
  const [, encoded, digits] = /^(.+):(\d{1,16})$/.exec(text) ?? [];
  const epoch = encoded === undefined ? undefined : decoded(encoded);
  const seq = Number(digits);
  if (epoch === undefined || !Number.isSafeInteger(seq)) {
    const what = `${name} is a version as epoch:seq, as an ETag or an event's id states it`;
    throw new DeltawireError("malformed", what);
  }
  return { epoch, seq };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whether an `If-None-Match` (RFC 9110, 13.1.2) names a version. */
export function matchesVersion(ifNoneMatch: string | null, version: Version): boolean {
  const tags = (ifNoneMatch ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(`"${formatVersion(version)}"`);
}
