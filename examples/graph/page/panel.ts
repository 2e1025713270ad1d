import type { File } from "./files.js";

/** An element of index.html. */
export const element = <Kind extends HTMLElement>(id: string): Kind =>
  document.getElementById(id) as Kind; // they are in the page

/** Writes a text where it differs: who listens to the page hears what is new. */
export function write(id: string, text: string): void {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/** Makes these the options, and touches what differs: who is in the list stays where he is. */
export function options(
  select: HTMLSelectElement,
  wanted: readonly (readonly [value: string, label: string])[],
  value: string,
): void {
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

let detailed = "";

/** Shows what a file imports, and what imports it; `choose` is called with one that is clicked on. */
export function details(
  files: ReadonlyMap<string, File>,
  chosen: string | undefined,
  choose: (path: string) => void,
): void {
  const file = files.get(chosen ?? "");
  const importers = [...files.values()].filter((one) => one.files.includes(chosen ?? ""));
  const sections = file
    ? ([
        ["Not there", file.missing, "missing"],
        ["Imports", file.files],
        ["Packages", file.packages, "quiet"],
        ["Imported by", importers.map(({ path }) => path)],
      ] as const)
    : [];
  const key = JSON.stringify([chosen, sections]);
  if (key === detailed) return;
  detailed = key;
  const parts = sections.filter(([, names]) => names.length > 0);
  element("details").replaceChildren(
    ...(file ? [made("h2", file.path)] : []),
    ...parts.flatMap(([title, names, className = ""]) => {
      const items = names.map((name) => {
        const item = Object.assign(document.createElement("li"), { className });
        if (!files.has(name)) item.textContent = name;
        else {
          const button = made("button", name);
          button.addEventListener("click", () => choose(name));
          item.append(button);
        }
        return item;
      });
      const list = document.createElement("ul");
      list.append(...items);
      return [made("h3", title), list];
    }),
  );
}

function made(tag: string, textContent: string): HTMLElement {
  return Object.assign(document.createElement(tag), { textContent });
}
