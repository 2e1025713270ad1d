import { element } from "./element.js";

/** A choice of one out of some that come and go. */
export class Select<Value extends string> {
  readonly target: HTMLSelectElement;
  #options: readonly (readonly [value: Value, label: string])[] = [];

  /** @param changed is told when the reader has chosen */
  constructor(label: string, changed: () => void) {
    this.target = element("select", { "aria-label": label, title: label, change: changed });
  }

  /** Undefined where there is nothing to choose from. */
  get value(): Value | undefined {
    return this.#options[this.target.selectedIndex]?.[0];
  }

  set value(value: Value) {
    this.target.selectedIndex = this.#options.findIndex(([each]) => each === value);
  }

  /** Other choices. What was chosen stays chosen, if it is among them; else it is the first. */
  fill(options: readonly (readonly [value: Value, label: string])[]): void {
    const before = this.#options;
    const isSame =
      before.length === options.length &&
      options.every(([value, label], i) => before[i]?.[0] === value && before[i]?.[1] === label);
    if (isSame) return;
    const { value } = this;
    this.#options = options;
    this.target.replaceChildren(
      ...options.map(([each, label]) => element("option", { value: each }, label)),
    );
    this.target.selectedIndex = Math.max(
      0,
      options.findIndex(([each]) => each === value),
    );
  }
}
