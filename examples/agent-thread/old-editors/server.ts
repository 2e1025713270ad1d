import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { takeOldEditor } from "./adapter.js";

/** An address for editors of the old protocol. */
export interface OldEditors {
  /** `ws://127.0.0.1:…`. */
  readonly url: string;
  /** Resolves when the server has what they said. */
  close(): Promise<void>;
}

/** Bytes of one frame: one entry, whole. */
const MAX_FRAME = 32 << 20;

/**
 * Listens for editors of the old protocol, until the last one is moved: beside the backend, or in a
 * process of its own. On this machine only, since it asks nobody who he is.
 *
 * @param url the server, as new editors have it
 * @param port 0 for any free one
 * @param warn told of what makes no sense, which is left out
 * @throws by rejection: the system's error where the port cannot be had
 */
export async function serveOldEditors(
  url: string,
  port: number,
  warn: (what: unknown) => void = () => undefined,
): Promise<OldEditors> {
  const editors = new Set<Promise<void>>();
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port,
    maxPayload: MAX_FRAME,
    verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.origin === undefined, // no page
  });
  server.on("connection", (socket) => {
    const gone = takeOldEditor(socket, url, warn)
      .catch(warn)
      .finally(() => editors.delete(gone));
    editors.add(gone);
  });
  await once(server, "listening");
  server.on("error", warn); // no descriptor for a connection, say
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server's
    async close() {
      server.close();
      for (const editor of server.clients) editor.close(1012, "the backend ends");
      await Promise.all(editors);
    },
  };
}
