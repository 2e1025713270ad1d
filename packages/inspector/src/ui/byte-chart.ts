import { element, onDrag, setAttribute, setText } from "./element.js";
import { bytesOf, momentOf, spanOf } from "./format.js";
import type { Histogram } from "./histogram.js";

/** Pixels of a column of the chart, the gap after it included. */
const COLUMN = 4;
/** Pixels beside the drawing, for its handles. */
const MARGIN = 8;
/** A drag of fewer pixels is a click. */
const CLICK = 4;

/** A stretch of time, by the clock of the rows. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Bytes over time: what was received above the line, what was sent below it. A stretch of it can be
 * chosen, by dragging or by two sliders.
 */
export class ByteChart {
  readonly target: HTMLElement;
  readonly #histogram: Histogram;
  readonly #chosen: (range: TimeRange | undefined) => void;
  readonly #canvas: HTMLCanvasElement = element("canvas", { role: "img" });
  readonly #brush: HTMLElement = element("div", { class: "brush" });
  readonly #handles: Readonly<Record<"from" | "to", HTMLElement>>;
  readonly #most: HTMLElement = element("span", { class: "most" });
  readonly #span: HTMLElement = element("span", { class: "span" });
  readonly #resized: ResizeObserver;
  #width = 0;
  #height = 0;
  #base = 0;
  #range: TimeRange | undefined;
  #drawn = -1;

  /** @param chosen is told which stretch was chosen; undefined for all of it */
  constructor(histogram: Histogram, chosen: (range: TimeRange | undefined) => void) {
    this.#histogram = histogram;
    this.#chosen = chosen;
    this.#handles = {
      from: this.#handle("from", "Shown from"),
      to: this.#handle("to", "Shown to"),
    };
    const plot = element(
      "div",
      {
        class: "plot",
        pointerdown: (event) => this.#drag(event as PointerEvent), // as its name says
        dblclick: () => this.#choose(undefined),
      },
      this.#canvas,
      this.#brush,
      this.#handles.from,
      this.#handles.to,
    );
    const scale = element("div", { class: "scale" }, this.#most, this.#span);
    const label = "Bytes over time";
    this.target = element(
      "div",
      { role: "group", class: "chart", "aria-label": label },
      plot,
      scale,
    );
    this.#resized = new ResizeObserver(([entry]) => {
      this.#width = entry?.contentRect.width ?? 0;
      this.#height = entry?.contentRect.height ?? 0;
      this.draw();
    });
    this.#resized.observe(plot);
  }

  get range(): TimeRange | undefined {
    return this.#range;
  }

  /** Whether there is more than what is drawn. */
  get isStale(): boolean {
    return this.#drawn !== this.#histogram.revision;
  }

  /** What the times are counted from. */
  setBase(base: number): void {
    this.#base = base;
  }

  /** Nothing is chosen any more; the one who was told knows. */
  reset(): void {
    this.#range = undefined;
    this.draw();
  }

  stop(): void {
    this.#resized.disconnect();
  }

  draw(): void {
    const { start = 0, end, revision } = this.#histogram;
    const width = this.#width - 2 * MARGIN;
    if (width <= 0) return;
    this.#drawn = revision;
    const count = Math.max(1, Math.floor(width / COLUMN));
    const columns = this.#histogram.columns(start, end, count);
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(this.#width * ratio);
    this.#canvas.height = Math.round(this.#height * ratio);
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    const most = columns.reduce((max, { sent, received }) => Math.max(max, sent, received), 0);
    // The square root shows an edit of 20 bytes beside a snapshot of a megabyte.
    const part = (bytes: number) => (most === 0 ? 0 : Math.sqrt(bytes / most));
    const { color, borderColor, outlineColor, caretColor } = getComputedStyle(this.#canvas);
    const line = Math.round(this.#height * 0.68) + 0.5;
    for (const [i, { sent, received, isNotable }] of columns.entries()) {
      const x = MARGIN + i * COLUMN;
      const up = Math.ceil(part(received) * (line - 3));
      const down = Math.ceil(part(sent) * (this.#height - line - 2));
      context.fillStyle = color;
      context.fillRect(x, line - up, COLUMN - 1, up);
      context.fillStyle = borderColor;
      context.fillRect(x, line, COLUMN - 1, down);
      if (!isNotable) continue;
      context.fillStyle = caretColor;
      context.fillRect(x, 0, COLUMN - 1, 3);
    }
    context.fillStyle = outlineColor;
    context.fillRect(MARGIN, line - 0.5, width, 1);
    this.#name(most, columns.length);
    this.#place();
  }

  /** Says what the drawing says, for who does not see it. */
  #name(most: number, count: number): void {
    const { start = 0, end } = this.#histogram;
    const each = Math.max(1, end - start) / count;
    setText(this.#most, most === 0 ? "" : `peak ${bytesOf(most)} in ${spanOf(each)}`);
    setText(this.#span, spanOf(end - start));
    const label = `Up to ${bytesOf(most)} in ${spanOf(each)}, over ${spanOf(end - start)}`;
    setAttribute(this.#canvas, "aria-label", label);
  }

  #handle(end: "from" | "to", label: string): HTMLElement {
    return element("div", {
      role: "slider",
      tabindex: 0,
      class: `handle ${end}`,
      "aria-label": label,
      keydown: (event) => this.#press(end, event as KeyboardEvent), // as its name says
    });
  }

  /** Puts brush and handles where the chosen stretch is. */
  #place(): void {
    const { start = 0, end } = this.#histogram;
    const { from, to } = this.#range ?? { from: start, to: end };
    const width = this.#width - 2 * MARGIN;
    const xOf = (time: number) => MARGIN + ((time - start) / Math.max(1, end - start)) * width;
    const left = Math.max(MARGIN, Math.min(xOf(from), MARGIN + width));
    const right = Math.max(left, Math.min(xOf(to), MARGIN + width));
    this.#brush.hidden = this.#range === undefined;
    this.#brush.style.left = `${left}px`;
    this.#brush.style.width = `${right - left}px`;
    for (const [name, time, x] of [
      ["from", from, left],
      ["to", to, right],
    ] as const) {
      const handle = this.#handles[name];
      handle.style.transform = `translateX(${x}px)`;
      setAttribute(handle, "aria-valuemin", String(Math.round(start - this.#base)));
      setAttribute(handle, "aria-valuemax", String(Math.round(end - this.#base)));
      setAttribute(handle, "aria-valuenow", String(Math.round(time - this.#base)));
      setAttribute(handle, "aria-valuetext", momentOf(time - this.#base));
    }
  }

  #choose(range: TimeRange | undefined): void {
    this.#range = range;
    this.#place();
    this.#chosen(range);
  }

  #press(end: "from" | "to", event: KeyboardEvent): void {
    const { start = 0, end: last } = this.#histogram;
    const range = this.#range ?? { from: start, to: last };
    const step = (last - start) / 100;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: range[end] - step,
      ArrowDown: range[end] - step,
      ArrowRight: range[end] + step,
      ArrowUp: range[end] + step,
      PageDown: range[end] - 10 * step,
      PageUp: range[end] + 10 * step,
      Home: start,
      End: last,
    };
    const to = moves[event.key];
    if (to === undefined && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (to === undefined) this.#choose(undefined);
    else if (end === "from") this.#choose({ ...range, from: clamp(to, start, range.to) });
    else this.#choose({ ...range, to: clamp(to, range.from, last) });
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return;
    const plot = event.currentTarget;
    const { left } = plot.getBoundingClientRect();
    const { start = 0, end } = this.#histogram;
    const width = Math.max(1, this.#width - 2 * MARGIN);
    const timeAt = (x: number) =>
      start + clamp((x - left - MARGIN) / width, 0, 1) * Math.max(1, end - start);
    const isHandle = (name: "from" | "to") => event.target === this.#handles[name];
    const range = this.#range ?? { from: start, to: end };
    const fixed = isHandle("from") ? range.to : isHandle("to") ? range.from : timeAt(event.clientX);
    const isNew = !isHandle("from") && !isHandle("to");
    onDrag(plot, event, ({ clientX }) => {
      if (isNew && Math.abs(clientX - event.clientX) < CLICK) return;
      const time = timeAt(clientX);
      this.#choose({ from: Math.min(fixed, time), to: Math.max(fixed, time) });
    });
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
