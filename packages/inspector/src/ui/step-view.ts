import { changeNodes } from "./change-nodes.js";
import { element, setText } from "./element.js";
import { plural } from "./format.js";
import { stateNodes } from "./state-nodes.js";
import type { ShownStep } from "./step.js";
import { TreeView } from "./tree-view.js";

/** What changed in a step, and the state after it or before it. */
export class StepView {
  readonly target: HTMLElement;
  readonly #changes = new TreeView("What changed");
  readonly #state = new TreeView("State");
  readonly #said: HTMLElement = element("p", { class: "said" });
  readonly #title: HTMLElement = element("div", { class: "title" }, "State");
  readonly #before: HTMLInputElement;
  readonly #choice: HTMLElement;
  #step: ShownStep | undefined;

  constructor() {
    this.#before = element("input", { type: "checkbox", change: () => this.#showState() });
    this.#choice = element("label", { class: "choice" }, this.#before, "the one before");
    this.target = element(
      "div",
      { class: "step" },
      element(
        "div",
        { class: "part" },
        element("div", { class: "bar" }, element("div", { class: "title" }, "What changed")),
        this.#said,
        this.#changes.target,
      ),
      element(
        "div",
        { class: "part" },
        element("div", { class: "bar" }, this.#title, this.#choice),
        this.#state.target,
      ),
    );
  }

  /** @param said in the place of a step where there is none */
  show(step: ShownStep | undefined, said = ""): void {
    this.#step = step;
    setText(this.#said, step ? sayOf(step) : said);
    const changes = step?.changes ?? [];
    this.#changes.show(changeNodes(changes));
    this.#changes.target.hidden = changes.length === 0;
    this.#choice.hidden = !step?.before || step.before === step.after;
    this.#showState();
  }

  #showState(): void {
    const { before, after } = this.#step ?? {};
    const isBefore = this.#before.checked && before !== undefined;
    const state = isBefore ? before : after;
    this.#state.target.hidden = state === undefined;
    setText(this.#title, state ? `State at version ${state.seq}` : "State");
    this.#state.show(state ? stateNodes(isBefore ? undefined : before, state) : []);
  }
}

function sayOf({ before, after, changes }: ShownStep): string {
  if (!after) return "No state is known here.";
  if (before === after) return "Nothing: the state is what it was.";
  if (!before) return "The first state that is known.";
  if (!changes) return "The state was replaced by another one.";
  if (changes.length === 0) return `The same content, at version ${after.seq}.`;
  const steps = `version ${before.seq} to ${after.seq}`;
  return `${plural(changes.length, "change")}, ${steps}`;
}
