import { DeltawireError } from "@deltawire/server";
import type { ClassicLevel } from "classic-level";
import { FORMAT_KEY } from "./key.js";

/** A database of LevelDB: bytes by bytes. */
export type LevelDatabase = ClassicLevel<Uint8Array, Uint8Array>;

/** Turns a database of one version of the layout into one of the next. It may be run again. */
export type Migration = (database: LevelDatabase) => Promise<void>;

/** The first one leads from version 1 to version 2. The layout's version is one more than they are. */
const MIGRATIONS: readonly Migration[] = [];

/** The version that a database states; undefined where it is empty. */
async function stated(database: LevelDatabase): Promise<number | undefined> {
  const value = await database.get(FORMAT_KEY);
  if (value !== undefined) return Number(Buffer.from(value).toString());
  const [key] = await database.keys({ limit: 1 }).all();
  return key === undefined ? undefined : Number.NaN;
}

/**
 * Makes sure that a database is laid out as this version of the package reads it: marks a new one,
 * brings an older one forward.
 *
 * @throws DeltawireError `unsupported_version` for a newer one, and for one that is something else
 */
export async function prepareFormat(
  database: LevelDatabase,
  folder: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const current = migrations.length + 1;
  let version = await stated(database);
  if (version === undefined) {
    await database.put(FORMAT_KEY, Buffer.from(String(current)), { sync: true });
    return;
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new DeltawireError(
      "unsupported_version",
      `the data folder ${folder} holds a database that is not Deltawire's: name another folder`,
    );
  }
  if (version > current) {
    throw new DeltawireError(
      "unsupported_version",
      `the data folder ${folder} has format ${version}, and this version of @deltawire/level ` +
        `knows formats up to ${current}: run the newer version that wrote it, or name another folder`,
    );
  }
  for (const migrate of migrations.slice(version - 1)) {
    await migrate(database);
    version += 1;
    await database.put(FORMAT_KEY, Buffer.from(String(version)), { sync: true });
  }
}
