import { applyStep, type Parts, type Step, type ToolCall } from "./step.js";

const bytes = (text: string): number => Buffer.byteLength(text);
const size = (content: string | ToolCall | undefined): number =>
  content === undefined
    ? 0
    : bytes(typeof content === "string" ? content : JSON.stringify(content));

/** Counts what was written, and what sending all of it with every token would have cost. */
export class Tally {
  readonly #sizes = new Map<string, number>();
  #steps = 0;
  #content = 0;
  #raw = 0;
  #naive = 0;

  get counts(): { readonly steps: number; readonly rawBytes: number; readonly naiveBytes: number } {
    return { steps: this.#steps, rawBytes: this.#raw, naiveBytes: this.#naive };
  }

  /** Takes a step into the editor's own copy, and into the counts. */
  add(copy: Parts, step: Step): void {
    applyStep(copy, step);
    this.#steps += 1;
    const after =
      step.kind === "append"
        ? (this.#sizes.get(step.part) ?? 0) + bytes(step.text)
        : size(copy.get(step.part));
    this.#content += after - (this.#sizes.get(step.part) ?? 0);
    this.#sizes.set(step.part, after);
    this.#raw +=
      step.kind === "json" ? size(step.value) : bytes("text" in step ? step.text : step.value);
    this.#naive += this.#content;
  }
}
