import { readFileSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { Server } from "@deltawire/server";
import { watch } from "chokidar";
import { GRAPH, GraphChannel } from "./graph-channel.js";
import { SOURCE } from "./imports.js";

/** Bytes of a file that is looked into; a larger one is made by a program. */
const MAX_FILE = 1 << 20;

/** Names of folders with nothing that somebody writes. */
const IGNORED = /^(\..*|node_modules|dist|build|coverage|vendor)$/;

/** A folder that is watched. */
export interface WatchedFolder {
  /** Stops; what is in the channel stays. */
  close(): Promise<void>;
}

/**
 * Watches a folder's sources, and keeps their imports in the channel `graph/<name>` of a server.
 * Resolves when all that is there is in the channel.
 *
 * @throws Error where it is no folder
 */
export async function watchFolder(
  server: Server,
  folder: string,
  name = "main",
): Promise<WatchedFolder> {
  const root = resolve(folder);
  if (!(await stat(root)).isDirectory()) throw new Error(`${root} is no folder`);
  const channel = server.channel(`${GRAPH.channel}${name}`, { throttle: 50 });
  const beginning = channel.changes();
  await beginning.next(); // what an earlier run has left is there
  await beginning.return?.();
  const graph = new GraphChannel(channel);
  const pathOf = (path: string) => relative(root, path).split(sep).join("/");
  const isIgnored = (path: string, stats?: Stats) =>
    path !== root &&
    (pathOf(path)
      .split("/")
      .some((part) => IGNORED.test(part)) ||
      (stats?.isFile() === true && !SOURCE.test(path)));
  const watcher = watch(root, { ignored: isIgnored, followSymlinks: false });
  // Read in the event's own turn: what is read later may be of another event.
  const read = (path: string, stats?: Stats) => {
    try {
      graph.changed(pathOf(path), (stats?.size ?? 0) > MAX_FILE ? "" : readFileSync(path, "utf8"));
    } catch (error) {
      if (!isGone(error)) throw error; // what is gone again is told of as removed
    }
  };
  const onError = (error: unknown) => console.error(`${name}: ${String(error)}`);
  const guarded = (path: string, stats?: Stats) => {
    try {
      read(path, stats);
    } catch (error) {
      onError(error); // of this file; all others go on
    }
  };
  watcher.on("add", guarded).on("change", guarded);
  watcher.on("unlink", (path) => graph.removed(pathOf(path)));
  watcher.on("error", onError);
  await new Promise<void>((ready) => watcher.once("ready", ready));
  await graph.settle();
  return {
    async close() {
      graph.close();
      await watcher.close();
    },
  };
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
