import { connect, type MessageWriter } from "@deltawire/client";
import { holdingOf, writeHolding } from "./digest.js";
import { readInput } from "./input.js";
import { type Mark, now, onOrder, report } from "./ipc.js";
import { pace } from "./pace.js";
import { readSample } from "./sample.js";
import { applyStep, type Parts, type Step, type ToolCall } from "./step.js";

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

const bytes = (text: string): number => Buffer.byteLength(text);
const size = (content: string | ToolCall | undefined): number =>
  content === undefined
    ? 0
    : bytes(typeof content === "string" ? content : JSON.stringify(content));

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
  for await (const batch of pace(steps, settings.rate)) {
    for (const step of batch) {
      write(reply, copy, step);
      tally.add(copy, step);
    }
  }
  await reply.complete();
  tally.report();
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

/** Takes a step through the client, as an editor's plugin would. */
function write(reply: MessageWriter, copy: Parts, step: Step): void {
  const before = copy.get(step.part);
  const held = typeof before === "object" ? before[fieldOf(step)] : undefined;
  if (step.kind === "append") reply.text(step.part).append(step.text);
  else if (step.kind === "json") reply.json(step.part).set({ ...step.value });
  else if (step.kind === "json_set") {
    const op = held === undefined ? "add" : "replace";
    reply.json(step.part).patch([{ op, path: step.path, value: step.value }]);
  } else {
    const { path, text } = step;
    const changed_offset = held?.length ?? 0;
    reply.json(step.part).patch([{ op: "splice", path, changed_offset, removed: 0, text }]);
  }
}

const fieldOf = (step: Step): keyof ToolCall =>
  "path" in step ? (step.path.slice(1) as keyof ToolCall) : "name"; // the type of `path` says so

/** Counts what was written, and what sending all of it with every token would have cost. */
class Tally {
  readonly #sizes = new Map<string, number>();
  #steps = 0;
  #units = 0;
  #content = 0;
  #raw = 0;
  #naive = 0;
  #marks: Mark[] = [];
  #reportedAt = 0;

  /** Takes a step into the editor's own copy, and into the counts. */
  add(copy: Parts, step: Step): void {
    applyStep(copy, step);
    this.#steps += 1;
    if (step.kind === "append") {
      this.#units += step.text.length;
      this.#marks.push([this.#units, now()]);
    }
    const after =
      step.kind === "append"
        ? (this.#sizes.get(step.part) ?? 0) + bytes(step.text)
        : size(copy.get(step.part));
    this.#content += after - (this.#sizes.get(step.part) ?? 0);
    this.#sizes.set(step.part, after);
    this.#raw +=
      step.kind === "json" ? size(step.value) : bytes("text" in step ? step.text : step.value);
    this.#naive += this.#content;
    if (now() - this.#reportedAt >= REPORT) this.report();
  }

  report(): void {
    this.#reportedAt = now();
    report({
      type: "written",
      steps: this.#steps,
      rawBytes: this.#raw,
      naiveBytes: this.#naive,
      marks: this.#marks,
    });
    this.#marks = [];
  }
}
