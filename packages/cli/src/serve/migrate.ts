import process from "node:process";
import { neededPostgres } from "./data.js";
import { MIGRATE_HELP } from "./help.js";
import { jsonLogger } from "./json-logger.js";
import { parseMigrateOptions } from "./options.js";
import { readText } from "./read-text.js";
import { stopping } from "./stopping.js";
import { untilThere } from "./waiting.js";

/**
 * `deltawire migrate`: makes the tables in PostgreSQL, or brings them up to date.
 *
 * @returns the exit code
 * @throws by rejection: UsageError, StartError
 */
export async function runMigrate(args: readonly string[]): Promise<number> {
  const options = parseMigrateOptions(args, process.env, readText);
  if (options === "help") {
    process.stdout.write(MIGRATE_HELP);
    return 0;
  }
  const { postgres, wait } = options;
  const logger = jsonLogger("info", (line) => process.stderr.write(line));
  const { postgresStore } = await import("@deltawire/postgres");
  const store = postgresStore(postgres);
  try {
    const needed = neededPostgres(postgres, () => store.migrate());
    const isDone = await untilThere(needed, { wait, signal: stopping().signal, logger });
    if (isDone) logger.info({}, "the tables are up to date");
    return isDone ? 0 : 1;
  } finally {
    await store.close();
  }
}
