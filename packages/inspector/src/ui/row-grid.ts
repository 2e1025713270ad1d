import type { Row } from "../row.js";
import { COLUMNS, toneOf } from "./columns.js";
import { element, setAttribute, setText } from "./element.js";
import type { FilteredRows, Rows } from "./filtered-rows.js";

/** Pixels, as in the styles. */
const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 24;
/** Rows beyond what is seen, each way: a slow frame shows no gap. */
const BEYOND = 6;
/** Rows in the document, at most, were the grid as high as its rows. */
const MAX_LINES = 400;
/** Browsers stop at some 17 to 33 million pixels: above this, a pixel of scrolling is more. */
const MAX_HEIGHT = 15_000_000;

/** What a {@link RowGrid} tells. */
export interface RowGridHost {
  /** Another row is the one that is looked at. */
  selected(row: number | undefined): void;
  /** The reader has scrolled away from the newest row, or back to it. */
  followed(isFollowing: boolean): void;
  /** The reader wants to see more of the selected row. */
  entered(): void;
}

/**
 * The timeline: a grid in the pattern of WAI-ARIA, of which only the rows that are seen are in the
 * document. Focus stays on the grid, which names its active row.
 *
 * 1. Rows have one fixed height: where a row is, is a multiplication, and nothing is measured.
 * 2. What is appended changes nothing of what is looked at, unless the newest row is followed.
 */
export class RowGrid {
  readonly target: HTMLElement;
  readonly #rows: Rows;
  readonly #shown: FilteredRows;
  readonly #host: RowGridHost;
  readonly #space: HTMLElement = element("div", { class: "space", role: "presentation" });
  readonly #body: HTMLElement = element("div", { class: "body", role: "rowgroup" });
  readonly #lines: Line[] = [];
  readonly #resized: ResizeObserver;
  #height = 0;
  #spaceHeight = -1;
  #selected: number | undefined;
  #isFollowing = true;
  /** Where the grid was scrolled to by {@link #scrollTo}: what differs is the reader's. */
  #scrolledTo = 0;
  #base = 0;

  constructor(rows: Rows, shown: FilteredRows, host: RowGridHost) {
    this.#rows = rows;
    this.#shown = shown;
    this.#host = host;
    this.#space.append(this.#body);
    this.target = element(
      "div",
      {
        role: "grid",
        class: "grid",
        tabindex: 0,
        "aria-label": "Frames",
        "aria-colcount": COLUMNS.length,
        keydown: (event) => this.#press(event as KeyboardEvent), // as its name says
        click: (event) => this.#click(event),
        dblclick: () => this.#host.entered(),
        scroll: () => this.#scrolled(),
      },
      headOf(),
      this.#space,
    );
    this.#resized = new ResizeObserver(([entry]) => {
      this.#height = entry?.contentRect.height ?? 0;
      this.update();
    });
    this.#resized.observe(this.target);
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  set isFollowing(isFollowing: boolean) {
    this.#isFollowing = isFollowing;
    this.update();
  }

  stop(): void {
    this.#resized.disconnect();
  }

  /** What the times are counted from. */
  setBase(base: number): void {
    this.#base = base;
    for (const line of this.#lines) line.forget();
  }

  /** Looks at a row, or at none; scrolls to it where it is not seen, and stays there. */
  select(row: number | undefined): void {
    const index = row === undefined ? undefined : this.#shown.indexOf(row);
    if (index !== undefined) {
      this.#follow(false);
      this.#reveal(index);
    }
    const isOther = row !== this.#selected;
    this.#selected = row;
    this.update();
    if (isOther) this.#host.selected(row);
  }

  /** Scrolls so that the first row that is seen is this one, or the first after it that is there. */
  scrollToRow(row: number): void {
    this.#scrollTo(this.#shown.indexFrom(row) * ROW_HEIGHT);
    this.update();
  }

  /** The first row that is seen. */
  get firstSeen(): number | undefined {
    return this.#shown.at(Math.floor(this.#offset / ROW_HEIGHT));
  }

  /** Rows were appended, or another filter holds. @param dropped rows that are gone at the front */
  update(dropped = 0): void {
    const total = this.#shown.length * ROW_HEIGHT;
    if (dropped > 0 && !this.#isFollowing) this.#scrollTo(this.#offset - dropped * ROW_HEIGHT);
    const height = Math.min(total, MAX_HEIGHT);
    if (height !== this.#spaceHeight) {
      this.#spaceHeight = height;
      this.#space.style.height = `${height}px`;
    }
    setAttribute(this.target, "aria-rowcount", String(this.#shown.length + 1));
    if (this.#isFollowing) this.#scrollTo(total - this.#seen);
    this.#render();
  }

  /** Height of the rows that are seen. */
  get #seen(): number {
    return Math.max(0, this.#height - HEAD_HEIGHT);
  }

  /** Pixels of rows for a pixel of scrolling. */
  get #scale(): number {
    const total = this.#shown.length * ROW_HEIGHT;
    if (total <= MAX_HEIGHT) return 1;
    return (total - this.#seen) / Math.max(1, MAX_HEIGHT - this.#seen);
  }

  /** Pixels of rows above what is seen. */
  get #offset(): number {
    return this.#scrolledTo * this.#scale;
  }

  #scrollTo(offset: number): void {
    const most = Math.max(0, this.#shown.length * ROW_HEIGHT - this.#seen);
    const top = Math.round(Math.max(0, Math.min(offset, most)) / this.#scale);
    if (top === this.#scrolledTo) return;
    this.#scrolledTo = top;
    this.target.scrollTop = top;
  }

  #scrolled(): void {
    const { scrollTop } = this.target;
    if (Math.abs(scrollTop - this.#scrolledTo) < 1) return;
    this.#scrolledTo = scrollTop;
    const most = this.#shown.length * ROW_HEIGHT - this.#seen;
    this.#follow(this.#offset >= most - ROW_HEIGHT / 2);
    this.#render();
  }

  #follow(isFollowing: boolean): void {
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#host.followed(isFollowing);
  }

  #render(): void {
    const offset = this.#offset;
    const first = Math.max(0, Math.floor(offset / ROW_HEIGHT) - BEYOND);
    const wanted = Math.min(MAX_LINES, Math.ceil(this.#seen / ROW_HEIGHT) + 2 * BEYOND + 1);
    const count = this.#height === 0 ? 0 : Math.min(wanted, this.#shown.length - first);
    while (this.#lines.length < count) {
      const line = new Line();
      this.#lines.push(line);
      this.#body.append(line.target);
    }
    while (this.#lines.length > count) this.#lines.pop()?.target.remove();
    const top = this.#scrolledTo + first * ROW_HEIGHT - offset;
    this.#body.style.transform = `translateY(${top}px)`;
    let active: string | undefined;
    for (const [i, line] of this.#lines.entries()) {
      const number = this.#shown.at(first + i);
      const row = number === undefined ? undefined : this.#rows.row(number);
      if (!row) continue;
      const isSelected = row.row === this.#selected;
      line.show(row, first + i + 2, isSelected, this.#base);
      if (isSelected) active = line.target.id;
    }
    setAttribute(this.target, "aria-activedescendant", active);
  }

  #reveal(index: number): void {
    const top = index * ROW_HEIGHT;
    const offset = this.#offset;
    if (top < offset) this.#scrollTo(top);
    else if (top + ROW_HEIGHT > offset + this.#seen) this.#scrollTo(top + ROW_HEIGHT - this.#seen);
  }

  #click(event: Event): void {
    const chosen = event.target instanceof Element ? event.target.closest(".row") : null;
    const line = this.#lines.find(({ target }) => target === chosen);
    if (line?.row) this.select(line.row.row);
  }

  #press(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { length } = this.#shown;
    const page = Math.max(1, Math.floor(this.#seen / ROW_HEIGHT) - 1);
    const now = this.#selected === undefined ? undefined : this.#shown.indexFrom(this.#selected);
    const from = now ?? (this.#isFollowing ? length : Math.ceil(this.#offset / ROW_HEIGHT) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) this.select(this.#shown.at(Math.max(0, Math.min(to, length - 1))));
    else if (event.key === "Enter") this.#host.entered();
    else if (event.key === "Escape" && this.#selected !== undefined) this.select(undefined);
    else return;
    if (event.key === "End") {
      this.#follow(true);
      this.update();
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function headOf(): HTMLElement {
  const row = element("div", { role: "row", class: "head-row", "aria-rowindex": 1 });
  for (const [i, { name, label, title }] of COLUMNS.entries()) {
    const more = name === "way" ? { "aria-label": "Direction" } : {};
    const place = { role: "columnheader", "aria-colindex": i + 1, class: `cell ${name}`, title };
    row.append(element("span", { ...place, ...more }, label));
  }
  return element("div", { role: "rowgroup", class: "head" }, row);
}

/** A row on screen, which shows one row after the other as the grid is scrolled. */
class Line {
  readonly target: HTMLElement = element("div", { role: "row", class: "row" });
  readonly #cells: readonly HTMLElement[];
  #row: Row | undefined;

  constructor() {
    this.#cells = COLUMNS.map(({ name }, i) =>
      element("span", { role: "gridcell", "aria-colindex": i + 1, class: `cell ${name}` }),
    );
    this.target.append(...this.#cells);
  }

  get row(): Row | undefined {
    return this.#row;
  }

  /** Its texts are made anew the next time. */
  forget(): void {
    this.#row = undefined;
  }

  show(row: Row, index: number, isSelected: boolean, base: number): void {
    setAttribute(this.target, "aria-selected", String(isSelected));
    setAttribute(this.target, "aria-rowindex", String(index));
    if (row === this.#row) return;
    this.#row = row;
    this.target.id = `row-${row.row}`;
    setAttribute(this.target, "class", `row ${row.direction} ${toneOf(row)}`);
    for (const [i, { name, text }] of COLUMNS.entries()) {
      const cell = this.#cells[i];
      if (!cell) continue;
      setText(cell, text(row, base));
      if (name === "way") setAttribute(cell, "aria-label", row.direction);
    }
  }
}
