import { posix } from "node:path";
import type { JsonObject, MessageWriter, ServerChannel } from "@deltawire/server";
import { ImportGraph } from "./import-graph.js";
import { importsIn } from "./imports.js";

/** How a graph stands in a channel. */
export const GRAPH = { channel: "graph/", kind: "file", part: "imports" } as const;

/** Files of a graph: a channel has 10,000 messages at most, and a page shows less. */
const MAX_FILES = 5000;

/** Folders to choose from: a server makes 64 views of a channel at most. */
const MAX_FOLDERS = 60;

/** UTF-16 code units of a path: it is its message's id. */
const MAX_PATH = 256;

/**
 * A folder's import graph in a channel: an open message for each file, its folder in the attributes,
 * where filters look, and its imports, the edges that begin there, in a part of JSON.
 */
export class GraphChannel {
  readonly #channel: ServerChannel;
  readonly #graph = new ImportGraph();
  /** Files in each folder, those of its folders too. */
  readonly #folders = new Map<string, number>();
  readonly #leftOut = new Set<string>();
  #isTelling = false;
  #isClosed = false;

  constructor(channel: ServerChannel) {
    this.#channel = channel;
    this.#tell();
  }

  /** A file is there, and says this. */
  changed(path: string, text: string): void {
    if (this.#isClosed) return;
    const isNew = !this.#graph.has(path);
    if (isNew && (this.#graph.size >= MAX_FILES || path.length > MAX_PATH)) {
      this.#leftOut.add(path);
      this.#tell();
      return;
    }
    const changed = this.#graph.set(path, importsIn(text));
    if (isNew) this.#count(path, 1);
    for (const one of changed) this.#write(one);
  }

  /** A file is not there any more. */
  removed(path: string): void {
    if (this.#isClosed) return;
    if (this.#leftOut.delete(path)) this.#tell();
    if (!this.#graph.has(path)) return;
    const changed = this.#graph.delete(path);
    this.#count(path, -1);
    void this.#writer(path).remove();
    for (const one of changed) this.#write(one);
  }

  /** Removes what an earlier run has left in the channel, once all files were told. */
  async settle(): Promise<void> {
    for (const { id } of this.#channel.state.messages) {
      if (this.#graph.has(id)) continue;
      void this.#writer(id).remove();
    }
    await this.#channel.flush();
  }

  #write(path: string): void {
    const { files, packages, missing } = this.#graph.imports(path);
    this.#writer(path).json(GRAPH.part).set({ files, packages, missing });
  }

  /** One that was removed, or is of an earlier run, begins anew. */
  #writer(path: string): MessageWriter {
    const attributes = { folder: foldersOf(path).at(-1) ?? "" };
    return this.#channel.write(path, { role: "file", kind: GRAPH.kind, attributes, reopen: true });
  }

  #count(path: string, by: number): void {
    for (const folder of foldersOf(path)) {
      const count = (this.#folders.get(folder) ?? 0) + by;
      if (count > 0) this.#folders.set(folder, count);
      else this.#folders.delete(folder);
    }
    this.#tell();
  }

  /** States how many files there are, and the folders to choose from; once a turn. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#isClosed) return;
      const largest = [...this.#folders].sort(([a, i], [b, j]) => j - i || (a < b ? -1 : 1));
      const folders: JsonObject = Object.fromEntries(largest.slice(0, MAX_FOLDERS));
      const [files, left_out] = [this.#graph.size, this.#leftOut.size];
      this.#channel.setAttributes({ files, folders, ...(left_out > 0 && { left_out }) });
    });
  }

  /** Writes nothing from now on. */
  close(): void {
    this.#isClosed = true;
  }
}

/** The folders that a file is in, the outermost one first, each with its `/`. */
function foldersOf(path: string): string[] {
  const names = posix.dirname(path).split("/");
  if (names[0] === ".") return [];
  return names.map((_, i) => `${names.slice(0, i + 1).join("/")}/`);
}
