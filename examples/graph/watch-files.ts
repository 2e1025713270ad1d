import { type FSWatcher, lstatSync, readdirSync, watch } from "node:fs";
import { join, sep } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

/** Milliseconds from an event to a look at its path: who saves a file may empty it first. */
const SOON = 10;

/** Milliseconds from there to another look, which is for all events until then. */
const AGAIN = 50;

/** Files that are looked at in one turn: a large folder holds nobody up. */
const A_TURN = 20;

/** What {@link watchFiles} tells of a folder. */
export interface FileListener {
  /** Whether a file or folder of this name is not looked at. */
  ignores(name: string): boolean;
  /** A file is there, or may be another one now. */
  changed(path: string, size: number): void;
  removed(path: string): void;
  /** A path could not be read; all others go on. */
  failed(error: unknown): void;
}

/**
 * Tells of all files in a folder, and in those in it, and again whenever something happens to them.
 * Each folder is watched by itself, since that tells of what is in it on every system, and before it
 * is read, so that nothing falls between; after the last event of a path it is looked at once more.
 *
 * @returns what stops it, once it has told of all that is there
 */
export async function watchFiles(root: string, listener: FileListener): Promise<() => void> {
  const folders = new Map<string, FSWatcher>();
  const files = new Set<string>();
  const due = new Map<string, ReturnType<typeof setTimeout>>();
  const queue: string[] = [];
  let looking: Promise<void> | undefined;

  function look(path: string): void {
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (folders.has(path)) leave(path); // it may be another one of its name
      if (stats?.isDirectory()) enter(path);
      if (stats?.isFile()) listener.changed(path, stats.size);
      if (stats?.isFile()) files.add(path);
      else if (files.delete(path)) listener.removed(path);
    } catch (error) {
      if (Object(error).code !== "ENOENT") listener.failed(error); // or there is an event for it
    }
  }

  function enter(folder: string): void {
    const watcher = watch(folder, (_event, name) => {
      const path = join(folder, name ?? "");
      if (name !== null && !listener.ignores(name) && !due.has(path)) lookLater(path, SOON);
    });
    watcher.on("error", () => watcher.close()); // the folder is gone
    folders.set(folder, watcher);
    const names = readdirSync(folder).filter((name) => !listener.ignores(name));
    lookAt(names.map((name) => join(folder, name)));
  }

  function leave(folder: string): void {
    folders.get(folder)?.close();
    folders.delete(folder);
    lookAt([...folders.keys(), ...files].filter((path) => path.startsWith(folder + sep)));
  }

  function lookAt(paths: readonly string[]): void {
    queue.push(...paths);
    if (queue.length > 0) looking ??= lookAtAll();
  }

  async function lookAtAll(): Promise<void> {
    for (let i = 0; queue.length > 0; i++) {
      if (i % A_TURN === 0) await turn();
      const path = queue.pop();
      if (path !== undefined) look(path);
    }
    looking = undefined;
  }

  function lookLater(path: string, delay: number): void {
    const timer = setTimeout(() => {
      due.delete(path);
      look(path);
      if (delay === SOON) lookLater(path, AGAIN);
    }, delay);
    due.set(path, timer);
  }

  look(root);
  await looking;
  return () => {
    queue.length = 0;
    for (const timer of due.values()) clearTimeout(timer);
    for (const watcher of folders.values()) watcher.close();
  };
}
