import type { Recorder } from "../recorder.js";
import type { Row } from "../row.js";
import { ByteChart, type TimeRange } from "./byte-chart.js";
import { toneOf } from "./columns.js";
import { Detail } from "./detail.js";
import { Divider } from "./divider.js";
import { element, setAttribute, setText } from "./element.js";
import { matcherOf } from "./filter.js";
import { FilterBar } from "./filter-bar.js";
import { FilteredRows } from "./filtered-rows.js";
import { plural } from "./format.js";
import { Histogram } from "./histogram.js";
import { RowGrid } from "./row-grid.js";

/** Milliseconds that rows are looked at before the page may paint. */
const SLICE = 8;
/** The same, once, after the reader has chosen another filter. */
const FIRST_SLICE = 24;
/** Milliseconds between two drawings of the chart while rows come. */
const REDRAW = 250;

/** What a {@link FramesTab} asks for. */
export interface FramesTabHost {
  /** There is more to do: {@link FramesTab.update} is to be called again. */
  schedule(): void;
  /** Whether the newest row is followed is another. */
  followed(isFollowing: boolean): void;
  /** The reader wants to go through the versions, from that of a row. */
  versions(row: Row): void;
}

/** The frames of a recorder: filters, bytes over time, the timeline, and the row looked at. */
export class FramesTab {
  readonly target: HTMLElement;
  readonly filters: FilterBar;
  readonly #recorder: Recorder;
  readonly #host: FramesTabHost;
  readonly #shown: FilteredRows;
  readonly #grid: RowGrid;
  readonly #detail: Detail;
  readonly #histogram = new Histogram();
  readonly #chart: ByteChart;
  readonly #newest: HTMLButtonElement;
  readonly #empty: HTMLElement = element("p", { class: "empty" });
  #base: number | undefined;
  #drawnAt = 0;
  #seenEnd = 0;
  #dropped = 0;

  constructor(recorder: Recorder, host: FramesTabHost) {
    this.#recorder = recorder;
    this.#host = host;
    this.#shown = new FilteredRows(recorder);
    this.filters = new FilterBar(recorder, () => this.#refilter());
    this.#grid = new RowGrid(recorder, this.#shown, {
      selected: (row) => this.#selected(row),
      followed: (isFollowing) => this.#followed(isFollowing),
      entered: () => this.#detail.focus(),
    });
    this.#detail = new Detail(recorder, {
      select: (row) => this.#select(row),
      versions: (row) => host.versions(row),
    });
    this.#chart = new ByteChart(this.#histogram, () => this.#refilter());
    this.#newest = element("button", {
      type: "button",
      class: "newest",
      hidden: true,
      click: () => this.follow(true),
    });
    const timeline = element(
      "div",
      { class: "timeline" },
      this.#grid.target,
      this.#empty,
      this.#newest,
    );
    const split = element("div", { class: "split" }, timeline);
    split.append(this.#dividerOf(split), this.#detail.target);
    this.target = element("div", { class: "frames" }, this.#chart.target, split);
    this.#refilter();
  }

  #dividerOf(split: HTMLElement): HTMLElement {
    const detail = this.#detail.target;
    const isBelow = () => getComputedStyle(split).flexDirection === "column";
    const sizeOf = (side: HTMLElement) => {
      const { width, height } = side.getBoundingClientRect();
      return isBelow() ? height : width;
    };
    const divider = new Divider("Size of the details", {
      measure: () => ({ size: sizeOf(detail), all: sizeOf(split) }),
      isBelow,
      resize: (size) => detail.style.setProperty("--size", `${size}px`),
    });
    return divider.target;
  }

  get isFollowing(): boolean {
    return this.#grid.isFollowing;
  }

  /** Whether every row has been looked at. */
  get isComplete(): boolean {
    return this.#shown.isComplete;
  }

  /** How many rows pass the filters. */
  get count(): number {
    return this.#shown.length;
  }

  /** What the times are counted from: when the first row was. */
  get base(): number {
    return this.#base ?? 0;
  }

  follow(isFollowing: boolean): void {
    this.#grid.isFollowing = isFollowing;
    this.#followed(isFollowing);
  }

  /** Looks at a row, whatever the filters were. */
  reveal(row: number): void {
    if (this.#shown.indexOf(row) === undefined) this.reset();
    this.#select(row);
  }

  /** Shows everything again. */
  reset(): void {
    this.filters.reset();
    this.#chart.reset();
    this.#refilter();
  }

  /** Rows came, or a filter is still at work. */
  update(): void {
    const before = this.#base;
    this.#base ??= this.#recorder.row(this.#recorder.first)?.at;
    if (this.#base !== undefined && before === undefined) {
      this.#grid.setBase(this.#base);
      this.#chart.setBase(this.#base);
    }
    this.filters.fill();
    this.#grid.update(this.#advance());
    this.#draw();
    this.#sayNewest();
    setText(this.#empty, this.#shown.length > 0 ? "" : this.#sayEmpty());
    if (!this.#shown.isComplete) this.#host.schedule();
  }

  /** Looks at rows that came, while something else is seen. */
  catchUp(): void {
    this.#dropped += this.#advance();
    if (!this.#shown.isComplete) this.#host.schedule();
  }

  /** The recorder has forgotten its rows. */
  cleared(): void {
    this.#grid.select(undefined);
    this.#chart.reset();
    this.#refilter();
  }

  stop(): void {
    this.#grid.stop();
    this.#chart.stop();
  }

  /** Returns how many rows have gone from the front, since the grid was told. */
  #advance(): number {
    const dropped = this.#dropped + this.#shown.advance(SLICE);
    this.#dropped = 0;
    const first = this.#recorder.row(this.#recorder.first);
    if (first && first.row > 0) this.#histogram.forget(first.at);
    return dropped;
  }

  #sayEmpty(): string {
    if (!this.#shown.isComplete) return "Searching…";
    const { first, end } = this.#recorder;
    return end === first ? "Nothing has crossed the wire yet." : "No frame passes the filters.";
  }

  #select(row: number | undefined): void {
    this.#grid.select(row);
    if (row === undefined) this.#grid.target.focus();
  }

  #selected(number: number | undefined): void {
    const row = number === undefined ? undefined : this.#recorder.row(number);
    this.#detail.show(row, this.base);
    setAttribute(this.target, "class", row ? "frames has-detail" : "frames");
  }

  #followed(isFollowing: boolean): void {
    this.#seenEnd = this.#recorder.end;
    this.#host.followed(isFollowing);
    this.#sayNewest();
  }

  #sayNewest(): void {
    const count = this.#recorder.end - this.#seenEnd;
    this.#newest.hidden = this.isFollowing || count === 0;
    if (!this.#newest.hidden) setText(this.#newest, `↓ ${plural(count, "new frame")}`);
  }

  #refilter(): void {
    const top = this.#grid.firstSeen;
    const matches = matcherOf(this.filters.filter);
    this.#histogram.clear();
    const range = this.#chart.range;
    this.#shown.restart((row) => this.#shows(row, matches, range));
    this.#shown.advance(FIRST_SLICE);
    this.#drawnAt = 0;
    if (!this.isFollowing && top !== undefined) this.#grid.scrollToRow(top);
    this.#host.schedule();
  }

  /** The chart shows all that passes the filters, and the timeline what is chosen of it there. */
  #shows(row: Row, matches: (row: Row) => boolean, range: TimeRange | undefined): boolean {
    if (!matches(row)) return false;
    this.#histogram.add(row, toneOf(row) === "bad" || row.kind === "lost");
    return range === undefined || (row.at >= range.from && row.at <= range.to);
  }

  #draw(): void {
    if (!this.#chart.isStale) return;
    const now = performance.now();
    if (now - this.#drawnAt < REDRAW) {
      this.#host.schedule();
      return;
    }
    this.#drawnAt = now;
    this.#chart.draw();
  }
}
