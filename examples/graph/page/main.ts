import { type Channel, connect, type Filter, type Wire } from "@deltawire/client";
import { Drawing } from "./drawing.js";
import { type File, filesOf, foldersOf } from "./files.js";
import { details, element, options, write } from "./panel.js";

/** Milliseconds out of sight after which the page leaves, until somebody looks again. */
const AWAY = Number(new URLSearchParams(location.search).get("away") ?? 300_000);

const list = element<HTMLSelectElement>("files");
const choice = element<HTMLSelectElement>("folder");
const drawing = new Drawing(element("graph"), choose);

let files: ReadonlyMap<string, File> = new Map();
let chosen: string | undefined;
let wire: Wire | undefined;
let graph: Channel | undefined;

/** The folder whose files are shown, with its `/`; all where it is empty. */
const folder = (): string => decodeURIComponent(location.hash.slice(1));

const filter = (): Filter | undefined =>
  folder() === "" ? undefined : { attributes: { "/folder": { prefix: folder() } } };

/** Comes, as at first or after it has left. */
function come(): void {
  if (wire) return;
  wire = connect("/wire", { throttle: 0 });
  const wanted = filter();
  graph = wire.channel("graph/main", wanted ? { filter: wanted } : {});
  graph.subscribe(update);
}

/** Leaves the server: what is shown stays. */
function leave(): void {
  void wire?.close();
  wire = graph = undefined;
  status("away");
}

let leaving: ReturnType<typeof setTimeout> | undefined;
document.addEventListener("visibilitychange", () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(leave, AWAY);
  else come();
});
choice.addEventListener("change", () => location.replace(`#${encodeURIComponent(choice.value)}`));
addEventListener("hashchange", () => graph?.setFilter(filter()));
list.addEventListener("change", () => choose(list.value));

function status(is: string): void {
  write("status", is.replace("_", " "));
  element("status").dataset.is = is;
}

function update(): void {
  if (!graph) return;
  const { error, state } = graph;
  status(graph.status.is);
  const isStale = state.messages.some((message) => message.status !== "streaming");
  const stale = isStale ? "Nobody watches the folder now: this is how it was." : "";
  write("note", error?.message ?? stale);

  const { files: all = 0, left_out: left = 0 } = state.attributes;
  const folders = foldersOf(graph).map(([name, count]) => [name, `${name} (${count})`] as const);
  // What a link asks for may not be one of those to choose from, or have gone.
  const isKnown = folder() === "" || folders.some(([name]) => name === folder());
  const own = isKnown ? [] : [[folder(), folder()] as const];
  options(choice, [["", `everything (${all})`], ...folders, ...own], folder());

  const before = files;
  files = filesOf(graph);
  const edges = [...files.values()].reduce((sum, { files }) => sum + files.length, 0);
  const more = Number(left) > 0 ? `, ${left} more are left out` : "";
  write("count", `${files.size} files, ${edges} imports${more}`);
  const isSame = before.size === files.size && [...files].every(([k, f]) => before.get(k) === f);
  if (isSame) return;
  if (chosen !== undefined && !files.has(chosen)) chosen = undefined;
  options(
    list,
    [...files.values()].map(({ path, missing }) => {
      return [path, missing.length > 0 ? `${path}, ${missing.length} missing` : path] as const;
    }),
    chosen ?? "",
  );
  drawing.draw(files);
  details(files, chosen, follow);
}

/** Chooses a file that was clicked on in the details: they are others then. */
function follow(path: string): void {
  choose(path);
  list.focus();
}

function choose(path: string): void {
  chosen = path;
  if (list.value !== path) list.value = path;
  drawing.choose(path);
  details(files, chosen, follow);
}

come();
