import type { Channel, Message } from "@deltawire/client";

/** A file as the page shows it. */
export interface File {
  readonly path: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly missing: readonly string[];
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [];

const known = new WeakMap<Message, File>();

/** A message's file: the same object as long as the message is. */
function fileOf(message: Message): File {
  let file = known.get(message);
  if (!file) {
    const part = message.part("imports");
    const value = Object(part?.kind === "json" ? part.value : {});
    file = {
      path: message.id,
      folder: String(message.attributes.folder ?? ""),
      files: texts(value.files),
      packages: texts(value.packages),
      missing: texts(value.missing),
    };
    known.set(message, file);
  }
  return file;
}

/** The files of a channel by their paths, in order. */
export function filesOf({ state }: Pick<Channel, "state">): ReadonlyMap<string, File> {
  const files = state.messages.map(fileOf).sort((a, b) => (a.path < b.path ? -1 : 1));
  return new Map(files.map((file) => [file.path, file]));
}

/** The folders to choose from, with how many files each has, in order. */
export function foldersOf({ state }: Pick<Channel, "state">): readonly [string, number][] {
  const folders = Object.entries(Object(state.attributes.folders)) as [string, number][];
  return folders.sort(([a], [b]) => (a < b ? -1 : 1));
}
