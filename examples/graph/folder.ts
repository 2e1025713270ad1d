import { readFileSync, statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import type { Server } from "@deltawire/server";
import { GRAPH, GraphChannel } from "./graph-channel.js";
import { SOURCE } from "./imports.js";
import { watchFiles } from "./watch-files.js";

/** Bytes of a file that is looked into; a larger one is made by a program. */
const MAX_FILE = 1 << 20;

/** Names of folders with nothing that somebody writes. */
const IGNORED = /^(\..*|node_modules|dist|build|coverage|vendor)$/;

/**
 * Watches a folder's sources, and keeps their imports in the channel `graph/<name>` of a server.
 * Resolves when all that is there is in the channel.
 *
 * @returns what stops it: what is in the channel stays
 * @throws Error where it is no folder
 */
export async function watchFolder(
  server: Server,
  folder: string,
  name = "main",
): Promise<() => void> {
  const root = resolve(folder);
  if (!statSync(root).isDirectory()) throw new Error(`${root} is no folder`);
  const channel = server.channel(`${GRAPH.channel}${name}`, { throttle: 50 });
  const beginning = channel.changes();
  await beginning.next(); // what an earlier run has left is there
  await beginning.return?.();
  const graph = new GraphChannel(channel);
  const pathOf = (file: string) => relative(root, file).split(sep).join("/");
  const stop = await watchFiles(root, {
    ignores: (entry) => IGNORED.test(entry),
    changed(file, size) {
      if (!SOURCE.test(file)) return;
      graph.changed(pathOf(file), size > MAX_FILE ? "" : readFileSync(file, "utf8"));
    },
    removed: (file) => graph.removed(pathOf(file)),
    failed: (error) => console.error(`${name}: ${String(error)}`),
  });
  await graph.settle();
  return () => {
    stop();
    graph.close();
  };
}
