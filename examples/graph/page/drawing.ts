import cytoscape from "cytoscape";
import type { File } from "./files.js";

/** Between the middles of two files. */
const STEP = 30;

/** A colour of the page, as the canvas needs it. */
const colour = (name: string) => {
  const probe = Object.assign(document.createElement("i"), { hidden: true });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

const style = (): cytoscape.StylesheetJson => [
  {
    selector: "node",
    style: { width: 12, height: 12, "font-size": 9 },
  },
  { selector: "node[colour]", style: { "background-color": "data(colour)" } },
  {
    selector: "node.folder",
    style: {
      ...{ label: "data(label)", color: colour("quiet"), "font-size": 16, width: 1, height: 1 },
      ...{ "background-opacity": 0, events: "no", "text-valign": "center" },
    },
  },
  {
    selector: "edge",
    style: {
      ...{ width: 1, "line-color": colour("quiet"), opacity: 0.25, "curve-style": "haystack" },
      "haystack-radius": 0,
    },
  },
  { selector: "node.missing", style: { "border-width": 3, "border-color": colour("bad") } },
  {
    selector: "node.chosen, node.near",
    style: { label: "data(label)", color: colour("ink"), "z-index": 9, "font-size": 11 },
  },
  {
    selector: "node.chosen",
    style: { width: 20, height: 20, "border-width": 3, "border-color": colour("ink") },
  },
  {
    selector: "edge.near",
    style: { width: 2, "line-color": colour("accent"), opacity: 1, "z-index": 9 },
  },
];

/** The graph on a canvas: each folder's files are together, so that a change moves little. */
export class Drawing {
  readonly #graph: cytoscape.Core;
  readonly #drawn = new Map<string, File>();
  #chosen: string | undefined;

  /** @param choose is called with the file that was clicked on */
  constructor(container: HTMLElement, choose: (path: string) => void) {
    this.#graph = cytoscape({
      ...{ container, style: style(), layout: { name: "preset" } },
      ...{ autoungrabify: true, autounselectify: true, pixelRatio: "auto", maxZoom: 2 },
    });
    this.#graph.on("tap", "node[path]", ({ target }) => choose(target.data("path")));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#graph.style(style()));
    new ResizeObserver(() => this.#graph.resize().fit(undefined, 24)).observe(container);
  }

  /** Draws what differs from what is drawn. */
  draw(files: ReadonlyMap<string, File>): void {
    const graph = this.#graph;
    const changed = [...files.values()].filter((file) => this.#drawn.get(file.path) !== file);
    const gone = [...this.#drawn.keys()].filter((path) => !files.has(path));
    const come = changed.filter(({ path }) => !this.#drawn.has(path));
    if (changed.length + gone.length === 0) return;
    graph.batch(() => {
      for (const path of gone) {
        graph.$id(path).remove(); // and its edges
        this.#drawn.delete(path);
      }
      for (const { path } of come) graph.add({ data: { id: path, path, label: nameOf(path) } });
      for (const file of changed) this.#drawn.set(file.path, file);
      // Of who was here before a file that came, too.
      const arrived = new Set(come.map(({ path }) => path));
      const renewed = new Set(changed);
      for (const file of this.#drawn.values()) {
        if (renewed.has(file) || file.files.some((to) => arrived.has(to))) this.#connect(file);
      }
      if (come.length + gone.length > 0) this.#place();
    });
    if (come.length + gone.length > 0) graph.fit(undefined, 24);
    this.choose(this.#chosen);
  }

  #connect({ path, files, missing }: File): void {
    const graph = this.#graph;
    graph
      .$id(path)
      .toggleClass("missing", missing.length > 0)
      .outgoers("edge")
      .remove();
    for (const to of files) {
      if (this.#drawn.has(to)) graph.add({ data: { source: path, target: to } });
    }
  }

  /** Puts the files of each folder into a square, and the squares side by side. */
  #place(): void {
    const graph = this.#graph;
    graph.remove("node.folder");
    const folders = new Map<string, File[]>();
    for (const file of this.#drawn.values()) {
      folders.set(file.folder, [...(folders.get(file.folder) ?? []), file]);
    }
    const width = Math.sqrt(this.#drawn.size) * STEP * 2.2;
    let [x, y, row, hue] = [0, 0, 0, 165];
    for (const folder of [...folders.keys()].sort()) {
      const inside = folders.get(folder) ?? [];
      const side = Math.ceil(Math.sqrt(inside.length));
      const room = Math.max(side * STEP, folder.length * 9);
      if (x > 0 && x + room > width) [x, y, row] = [0, y + row, 0];
      const own = `hsl(${Math.round(hue % 360)}, 55%, 52%)`;
      hue += 137.5; // the golden angle: neighbours differ
      const label = folder || "/";
      const position = { x: x + room / 2 - STEP / 2, y: y - STEP };
      graph.add({ data: { id: `folder ${folder}`, label }, classes: "folder", position });
      for (const [i, { path }] of inside.sort((a, b) => (a.path < b.path ? -1 : 1)).entries()) {
        const place = { x: x + (i % side) * STEP, y: y + Math.floor(i / side) * STEP };
        graph.$id(path).position(place).data("colour", own);
      }
      x += room + STEP * 2;
      row = Math.max(row, (Math.ceil(inside.length / side) + 2) * STEP);
    }
  }

  /** Shows one file with what it imports and what imports it. */
  choose(path: string | undefined): void {
    this.#chosen = path;
    const graph = this.#graph;
    graph.elements(".chosen, .near").removeClass("chosen near");
    if (path === undefined) return;
    const node = graph.$id(path);
    node.addClass("chosen").connectedEdges().addClass("near").connectedNodes().addClass("near");
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
