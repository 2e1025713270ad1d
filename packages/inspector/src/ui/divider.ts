import { element, onDrag, setAttribute } from "./element.js";

/** Pixels of a step by the keyboard. */
const STEP = 20;
/** Pixels that each side keeps. */
const LEAST = 120;

/** What a {@link Divider} divides: it changes the side that follows it. */
export interface DividerHost {
  /** Pixels of that side, and of both. */
  measure(): { readonly size: number; readonly all: number };
  /** Whether that side stands below the other, in the place of beside it. */
  isBelow(): boolean;
  resize(size: number): void;
}

/** A line between two sides that can be moved; the window splitter pattern of WAI-ARIA. */
export class Divider {
  readonly target: HTMLElement;
  readonly #host: DividerHost;

  constructor(label: string, host: DividerHost) {
    this.#host = host;
    this.target = element("div", {
      role: "separator",
      class: "divider",
      tabindex: 0,
      "aria-label": label,
      "aria-valuenow": 50,
      focus: () => this.update(),
      pointerdown: (event) => this.#drag(event as PointerEvent), // as its name says
      keydown: (event) => this.#press(event as KeyboardEvent), // as its name says
    });
  }

  /** Says where it is, in hundredths. */
  update(): void {
    const { size, all } = this.#host.measure();
    const isBelow = this.#host.isBelow();
    setAttribute(this.target, "aria-orientation", isBelow ? "horizontal" : "vertical");
    const part = all === 0 ? 50 : Math.round((100 * (all - size)) / all);
    setAttribute(this.target, "aria-valuenow", String(part));
  }

  #resize(size: number): void {
    const { all } = this.#host.measure();
    this.#host.resize(Math.round(Math.max(LEAST, Math.min(size, all - LEAST))));
    this.update();
  }

  #press(event: KeyboardEvent): void {
    const { size, all } = this.#host.measure();
    const [more, less] = this.#host.isBelow()
      ? ["ArrowUp", "ArrowDown"]
      : ["ArrowLeft", "ArrowRight"];
    if (event.key === more) this.#resize(size + STEP);
    else if (event.key === less) this.#resize(size - STEP);
    else if (event.key === "Home") this.#resize(all);
    else if (event.key === "End") this.#resize(0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const isBelow = this.#host.isBelow();
    const at = ({ clientX, clientY }: PointerEvent) => (isBelow ? clientY : clientX);
    const { size } = this.#host.measure();
    onDrag(this.target, event, (moved) => this.#resize(size + at(event) - at(moved)));
  }
}
