import type { Server } from "node:http";
import { UsageError } from "../usage-error.js";

/** Ports after the first that are tried. */
const TRIES = 20;

/**
 * Listens on a port of this machine, or on the next one that is free.
 *
 * @param port 0 for any free one
 * @throws by rejection: UsageError where there is none
 */
export async function listenNear(server: Server, port: number): Promise<void> {
  const last = port === 0 ? 0 : Math.min(port + TRIES, 65_535);
  for (let next = port; ; next++) {
    try {
      await listen(server, next);
      return;
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (isTaken && next < last) continue;
      const what = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--port ${port}: ${what}; name another one`, { cause: error });
    }
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
