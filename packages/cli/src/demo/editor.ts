import { connect } from "@deltawire/client";
import { holdingOf, writeHolding } from "./digest.js";
import { readInput } from "./input.js";
import { type Mark, now, onOrder, report } from "./ipc.js";
import { pace } from "./pace.js";
import { readSample } from "./sample.js";
import type { Parts, Step } from "./step.js";
import { Tally } from "./tally.js";
import { writeStep } from "./write-step.js";

/** What the editor's process is told when it starts. */
export interface EditorSettings {
  readonly url: string;
  readonly channel: string;
  readonly message: string;
  readonly folder: string;
  readonly input?: string;
  /** Tokens a second. */
  readonly rate: number;
  /** Text parts that grow in turn; 1 for the input as it is. */
  readonly parts: number;
}

/** Milliseconds between two reports. */
const REPORT = 100;

/** The editor: writes the input through the real client, at its rate, and keeps its own copy. */
export async function runEditor(settings: EditorSettings): Promise<void> {
  const { format, steps: given } = await (settings.input
    ? readInput(settings.input)
    : readSample());
  const steps = settings.parts > 1 ? deal(given, settings.parts) : given;
  report({ type: "ready", steps: steps.length, format });
  await new Promise<void>((go) => onOrder(({ type }) => type === "go" && go()));

  const wire = connect(settings.url);
  const reply = wire.channel(settings.channel).write(settings.message, { role: "assistant" });
  const copy: Parts = new Map();
  const tally = new Tally();
  const marks = new Marks(tally);
  for await (const batch of pace(steps, settings.rate)) {
    for (const step of batch) {
      writeStep(reply, copy, step);
      tally.add(copy, step);
      marks.add(step);
    }
  }
  await reply.complete();
  marks.report();
  await writeHolding(settings.folder, "producer", holdingOf("completed", copy));
  await wire.close();
  report({ type: "done" });
}

/** Deals text steps out to several parts, in turn. */
function deal(steps: readonly Step[], parts: number): Step[] {
  return steps.map((step, i) =>
    step.kind === "append" ? { ...step, part: `${step.part}-${(i % parts) + 1}` } : step,
  );
}

/** When which text was written, for what measures latency. */
class Marks {
  readonly #tally: Tally;
  #units = 0;
  #marks: Mark[] = [];
  #reportedAt = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  add(step: Step): void {
    if (step.kind === "append") {
      this.#units += step.text.length;
      this.#marks.push([this.#units, now()]);
    }
    if (now() - this.#reportedAt >= REPORT) this.report();
  }

  report(): void {
    this.#reportedAt = now();
    report({ type: "written", ...this.#tally.counts, marks: this.#marks });
    this.#marks = [];
  }
}
