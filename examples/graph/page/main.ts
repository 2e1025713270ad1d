import { type Channel, connect, type Filter, type Wire } from "@deltawire/client";
import { Drawing } from "./drawing.js";
import { type File, filesOf, foldersOf } from "./files.js";

/** Milliseconds out of sight after which the page leaves, until somebody looks again. */
const AWAY = Number(new URLSearchParams(location.search).get("away") ?? 300_000);

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind; // they are in the page
const list = element<HTMLSelectElement>("files");
const choice = element<HTMLSelectElement>("folder");

const drawing = new Drawing(element("graph"), choose);
let files: ReadonlyMap<string, File> = new Map();
let chosen: string | undefined;
/** The folder whose files are shown, with its `/`; all where it is empty. */
let folder = decodeURIComponent(location.hash.slice(1));
let wire: Wire | undefined;
let graph: Channel | undefined;

const filterOf = (prefix: string): Filter | undefined =>
  prefix === "" ? undefined : { attributes: { "/folder": { prefix } } };

/** Comes, as at first or after it has left. */
function come(): void {
  if (wire) return;
  wire = connect("/wire", { throttle: 0 });
  const filter = filterOf(folder);
  graph = wire.channel("graph/main", filter === undefined ? {} : { filter });
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

choice.addEventListener("change", () => {
  history.replaceState(null, "", `#${encodeURIComponent(choice.value)}`);
  show(choice.value);
});
addEventListener("hashchange", () => show(decodeURIComponent(location.hash.slice(1))));
list.addEventListener("change", () => choose(list.value));

function show(prefix: string): void {
  folder = prefix;
  graph?.setFilter(filterOf(folder));
}

function status(is: string): void {
  element("status").textContent = is.replace("_", " ");
  element("status").dataset.is = is;
}

function update(): void {
  if (!graph) return;
  status(graph.status.is);
  const { error, state } = graph;
  const isStale = state.messages.some((message) => message.status !== "streaming");
  note(
    error?.message ??
      (isStale ? "Nobody watches the folder now: this is how it was when somebody did." : ""),
  );
  const { files: all = 0, left_out: left = 0 } = state.attributes;
  const folders = foldersOf(graph);
  // What a link asks for may not be one of those to choose from, or have gone.
  const own = folder !== "" && !folders.some(([name]) => name === folder);
  const choices = own ? [...folders, [folder, 0] as const] : folders;
  options(choice, [["", `everything (${all})`], ...choices.map(labelled)], folder);
  const before = files;
  files = filesOf(graph);
  const edges = [...files.values()].reduce((sum, { files }) => sum + files.length, 0);
  const more = Number(left) > 0 ? `, ${left} more are left out` : "";
  const said = `${files.size} files, ${edges} imports${more}`;
  if (element("count").textContent !== said) element("count").textContent = said;
  const isSame = before.size === files.size && [...files].every(([k, f]) => before.get(k) === f);
  if (isSame) return;
  if (chosen !== undefined && !files.has(chosen)) chosen = undefined;
  const names = [...files.values()].map((file): [string, string] => [file.path, labelOf(file)]);
  options(list, names, chosen ?? "");
  drawing.draw(files);
  details();
}

const labelled = ([name, count]: readonly [string, number]): [string, string] => [
  name,
  `${name} (${count})`,
];

const labelOf = ({ path, missing }: File) =>
  `${path}${missing.length > 0 ? `, ${missing.length} missing` : ""}`;

/** Makes these the options, and touches what differs: who is in the list stays where he is. */
function options(select: HTMLSelectElement, wanted: readonly [string, string][], value: string) {
  const known = new Map([...select.options].map((option) => [option.value, option]));
  const keep = new Set(wanted.map(([name]) => name));
  for (const [name, option] of known) if (!keep.has(name)) option.remove();
  for (const [i, [name, label]] of wanted.entries()) {
    const option = known.get(name) ?? new Option(label, name);
    if (option.textContent !== label) option.textContent = label;
    if (select.options[i] !== option) select.add(option, i);
  }
  if (select.value !== value) select.value = value;
}

function note(what: string): void {
  if (element("note").textContent === what) return;
  element("note").textContent = what;
  element("note").hidden = what === "";
}

function choose(path: string): void {
  chosen = path;
  if (list.value !== path) list.value = path;
  drawing.choose(path);
  details();
}

let detailed = "";
/** What the chosen file imports, and what imports it. */
function details(): void {
  const file = files.get(chosen ?? "");
  const importers = [...files.values()].filter((one) => one.files.includes(chosen ?? ""));
  const key = JSON.stringify([file, importers.map(({ path }) => path)]);
  if (key === detailed) return;
  detailed = key;
  if (!file) {
    element("details").replaceChildren();
    return;
  }
  const heading = Object.assign(document.createElement("h2"), { textContent: file.path });
  const missing = paragraphs("Not there", file.missing, "missing");
  const parts = [
    ...missing,
    ...paragraphs("Imports", file.files),
    ...paragraphs("Packages", file.packages, "quiet"),
    ...paragraphs(
      "Imported by",
      importers.map(({ path }) => path),
    ),
  ];
  element("details").replaceChildren(heading, ...parts);
}

function paragraphs(title: string, names: readonly string[], className = ""): HTMLElement[] {
  if (names.length === 0) return [];
  const heading = Object.assign(document.createElement("h3"), { textContent: title });
  const items = document.createElement("ul");
  for (const name of names) {
    const item = Object.assign(document.createElement("li"), { className });
    if (files.has(name)) {
      const button = Object.assign(document.createElement("button"), { textContent: name });
      button.addEventListener("click", () => {
        choose(name);
        list.focus();
      });
      item.append(button);
    } else item.textContent = name;
    items.append(item);
  }
  return [heading, items];
}

come();
