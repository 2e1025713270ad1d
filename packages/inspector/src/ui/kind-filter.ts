import type { RowKind } from "../row.js";
import { element, icon, setAttribute, setText } from "./element.js";
import { countOf } from "./format.js";

/** Which kinds of frames are shown: a button, and a list of checkboxes below it. */
export class KindFilter {
  readonly target: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #label: HTMLElement = element("span", {}, "Kinds");
  readonly #list: HTMLElement = element("div", { class: "kind-list" });
  readonly #panel: HTMLElement;
  readonly #changed: () => void;
  readonly #opened: () => void;
  readonly #hidden = new Set<RowKind>();
  readonly #boxes = new Map<
    RowKind,
    { readonly box: HTMLInputElement; readonly count: HTMLElement }
  >();

  /**
   * @param changed is told when the reader has chosen
   * @param opened is told to fill it
   */
  constructor(changed: () => void, opened: () => void) {
    this.#changed = changed;
    this.#opened = opened;
    const all = (isShown: boolean) => () => this.#setAll(isShown);
    const button = (label: string, click: () => void) =>
      element("button", { type: "button", class: "text-button", click }, label);
    this.#panel = element(
      "div",
      {
        class: "popover",
        id: "kinds",
        role: "group",
        "aria-label": "Kinds of frames",
        hidden: true,
      },
      element("div", { class: "bar" }, button("All", all(true)), button("None", all(false))),
      this.#list,
    );
    this.#button = element(
      "button",
      {
        type: "button",
        class: "text-button",
        title: "Which kinds of frames are shown",
        "aria-expanded": "false",
        "aria-controls": "kinds",
        click: () => this.#open(this.#panel.hidden !== false),
      },
      icon("filter"),
      this.#label,
    );
    this.target = element(
      "div",
      {
        class: "anchor",
        keydown: (event) => this.#press(event as KeyboardEvent), // as its name says
        focusout: (event) => this.#left(event as FocusEvent),
      },
      this.#button,
      this.#panel,
    );
  }

  get hidden(): ReadonlySet<RowKind> {
    return this.#hidden;
  }

  /** There are so many rows of each kind now. */
  fill(counts: ReadonlyMap<RowKind, number>): void {
    if (this.#panel.hidden) return;
    for (const [kind, count] of counts) {
      let line = this.#boxes.get(kind);
      if (!line) {
        line = this.#line(kind);
        this.#boxes.set(kind, line);
      }
      setText(line.count, countOf(count));
    }
  }

  /** Shows all of them; the one who asks knows. */
  reset(): void {
    this.#hidden.clear();
    for (const { box } of this.#boxes.values()) box.checked = true;
    setText(this.#label, "Kinds");
  }

  #line(kind: RowKind): { readonly box: HTMLInputElement; readonly count: HTMLElement } {
    const change = () => {
      if (box.checked) this.#hidden.delete(kind);
      else this.#hidden.add(kind);
      this.#tell();
    };
    const box = element("input", { type: "checkbox", checked: !this.#hidden.has(kind), change });
    const count = element("span", { class: "count" });
    this.#list.append(
      element("label", { class: "kind-line" }, box, element("span", {}, kind), count),
    );
    return { box, count };
  }

  #setAll(isShown: boolean): void {
    for (const [kind, { box }] of this.#boxes) {
      box.checked = isShown;
      if (isShown) this.#hidden.delete(kind);
      else this.#hidden.add(kind);
    }
    this.#tell();
  }

  #tell(): void {
    const { size } = this.#hidden;
    setText(this.#label, size === 0 ? "Kinds" : `Kinds (${size} hidden)`);
    this.#changed();
  }

  #open(isOpen: boolean): void {
    this.#panel.hidden = !isOpen;
    setAttribute(this.#button, "aria-expanded", String(isOpen));
    if (isOpen) this.#opened();
  }

  #press(event: KeyboardEvent): void {
    if (event.key !== "Escape" || this.#panel.hidden) return;
    event.stopPropagation();
    this.#open(false);
    this.#button.focus();
  }

  #left({ relatedTarget }: FocusEvent): void {
    const isInside = relatedTarget instanceof Node && this.target.contains(relatedTarget);
    // A click on what takes no focus, a label in the list, leaves it for nothing.
    if (!isInside && relatedTarget !== null) this.#open(false);
  }

  /** Closes it where a click is elsewhere. */
  clicked(event: Event): void {
    if (!this.#panel.hidden && !event.composedPath().includes(this.target)) this.#open(false);
  }
}
