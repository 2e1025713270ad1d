import { DeltawireError, type ErrorCode } from "@deltawire/server";

/** What is known to go wrong, by what the system or LevelDB says of it: the first that fits. */
const KNOWN: readonly {
  readonly said: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
}[] = [
  {
    said: /LEVEL_LOCKED/,
    code: "overloaded",
    what:
      "is open already: in another process, or twice in this one. One process at a time may use it. " +
      "End the other one, or give this one a folder of its own; servers that are to share a log " +
      "need one that can be shared (@deltawire/redis)",
  },
  {
    said: /no space left|ENOSPC|not enough space|quota exceeded|EDQUOT/i,
    code: "overloaded",
    what:
      "cannot be written: the disk is full. Make room; it goes on by itself, and what was " +
      "acknowledged is there",
  },
  {
    said: /ENOENT.*mkdir/,
    code: "forbidden",
    what: "cannot be made: nothing can be made in what is above it. Name another one",
  },
  {
    said: /LEVEL_CORRUPTION|corruption|ENOENT|no such file/i,
    code: "internal",
    what:
      "is damaged. Restore it from a backup; or move it away and start with an empty one, which " +
      "begins every channel anew",
  },
  {
    said: /EACCES|EPERM|EROFS|permission denied|read-only file system|not permitted/i,
    code: "forbidden",
    what: "cannot be written by this user. Let its owner be the user that the server runs as",
  },
  {
    said: /ENOTDIR|EEXIST|not a directory/i,
    code: "forbidden",
    what: "is no folder, or something on the way to it is none. Name another one",
  },
  {
    said: /EMFILE|ENFILE|too many open files/i,
    code: "overloaded",
    what: "cannot be read: too many files are open. Raise the limit of the process (ulimit -n)",
  },
];

/** What was said of an error and of what caused it. */
function saidOf(error: unknown): string {
  const said: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at) said.push(String(at.code));
    said.push(at.message);
  }
  return said.length > 0 ? said.join(": ") : String(error);
}

/** An error of LevelDB or of the system as one that says where, what, and what to do about it. */
export function failure(folder: string, error: unknown): DeltawireError {
  if (error instanceof DeltawireError) return error;
  const said = saidOf(error);
  const known = KNOWN.find((candidate) => candidate.said.test(said));
  const failed =
    known === undefined
      ? new DeltawireError("internal", `the data folder ${folder} failed (${said})`)
      : new DeltawireError(known.code, `the data folder ${folder} ${known.what} (${said})`);
  failed.cause = error;
  return failed;
}
