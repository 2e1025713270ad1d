import { element, setAttribute } from "./element.js";

/** A tab and what it shows. */
export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly panel: HTMLElement;
}

let made = 0;

/** Tabs in the pattern of WAI-ARIA: arrow keys go from one to the other. */
export class Tabs<Name extends string> {
  /** The row of tabs. */
  readonly list: HTMLElement;
  readonly #tabs: readonly (Tab<Name> & { readonly button: HTMLElement })[];
  readonly #chosen: (name: Name) => void;
  #name: Name;

  /** @param chosen is told after another tab was chosen */
  constructor(
    label: string,
    tabs: readonly [Tab<Name>, ...Tab<Name>[]],
    chosen: (name: Name) => void,
  ) {
    this.#chosen = chosen;
    this.#name = tabs[0].name;
    made += 1;
    const id = `tabs-${made}`;
    this.#tabs = tabs.map((tab) => {
      const button = element(
        "button",
        {
          type: "button",
          role: "tab",
          class: "tab",
          id: `${id}-${tab.name}`,
          click: () => this.choose(tab.name),
        },
        tab.label,
      );
      setAttribute(tab.panel, "role", "tabpanel");
      setAttribute(tab.panel, "aria-labelledby", button.id);
      tab.panel.id = `${button.id}-panel`;
      setAttribute(button, "aria-controls", tab.panel.id);
      return { ...tab, button };
    });
    this.list = element(
      "div",
      {
        role: "tablist",
        class: "tabs",
        "aria-label": label,
        keydown: (event) => this.#press(event as KeyboardEvent), // as its name says
      },
      ...this.#tabs.map(({ button }) => button),
    );
    this.#show();
  }

  get name(): Name {
    return this.#name;
  }

  choose(name: Name): void {
    if (name === this.#name) return;
    this.#name = name;
    this.#show();
    this.#chosen(name);
  }

  #show(): void {
    for (const { name, button, panel } of this.#tabs) {
      const isChosen = name === this.#name;
      setAttribute(button, "aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      panel.hidden = !isChosen;
    }
  }

  #press(event: KeyboardEvent): void {
    const { length } = this.#tabs;
    const at = this.#tabs.findIndex(({ name }) => name === this.#name);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % length,
      ArrowLeft: (at + length - 1) % length,
      Home: 0,
      End: length - 1,
    };
    const to = this.#tabs[steps[event.key] ?? -1];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(to.name);
    to.button.focus();
  }
}
