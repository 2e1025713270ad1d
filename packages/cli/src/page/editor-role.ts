import { type Channel, connect, type MessageWriter } from "@deltawire/client";
import { readInput } from "../demo/input.js";
import { onOrder, report } from "../demo/ipc.js";
import { pace } from "../demo/pace.js";
import { readSample } from "../demo/sample.js";
import type { Parts, Step } from "../demo/step.js";
import { Tally } from "../demo/tally.js";
import { writeStep } from "../demo/write-step.js";
import type { TurnReport } from "./report.js";

/** What the page's editor is told when it starts. */
export interface PageEditorSettings {
  readonly url: string;
  readonly channel: string;
  /** A file to write. @default the sample */
  readonly input?: string;
}

/** Milliseconds between two reports. */
const REPORT = 100;

/** The page's editor: writes a turn through the real client whenever it is told to, until it is killed. */
export async function runPageEditor(settings: PageEditorSettings): Promise<void> {
  const { steps } = await (settings.input ? readInput(settings.input) : readSample());
  const channel = connect(settings.url).channel(settings.channel);
  let turn: Turn | undefined;
  channel.onCommand("stop", async () => {
    await turn?.end();
    return turn ? { steps: turn.report.steps } : {};
  });
  onOrder((order) => {
    if (order.type === "play" && turn?.report.status !== "running") {
      turn?.remove();
      turn = new Turn(channel, order.message, { steps, rate: order.rate });
      void turn.play();
    }
    if (order.type === "copy" && turn) {
      const { message, status } = turn.report;
      report({ type: "copy", copy: { message, status, parts: [...turn.copy] } });
    }
  });
  report({ type: "ready", steps: steps.length, format: "" });
  await new Promise<never>(() => undefined);
}

/** One turn: the input, written as one message. */
class Turn {
  readonly copy: Parts = new Map();
  readonly #id: string;
  readonly #given: { readonly steps: readonly Step[]; readonly rate: number };
  readonly #tally = new Tally();
  readonly #writer: MessageWriter;
  #status: TurnReport["status"] = "running";
  #reportedAt = 0;
  #ended: Promise<void> | undefined;

  constructor(
    channel: Channel,
    id: string,
    given: { readonly steps: readonly Step[]; readonly rate: number },
  ) {
    this.#id = id;
    this.#given = given;
    this.#writer = channel.write(id, { role: "assistant" });
  }

  get report(): TurnReport {
    const { steps, rate } = this.#given;
    const at = { message: this.#id, status: this.#status, of: steps.length, rate };
    return { ...at, ...this.#tally.counts };
  }

  /** Writes until it is done, or stopped: never rejects. */
  async play(): Promise<void> {
    const { steps, rate } = this.#given;
    const { signal } = this.#writer;
    this.#tell();
    try {
      for await (const batch of pace(steps, rate)) {
        if (signal.aborted) break;
        for (const step of batch) this.#write(step);
      }
    } catch {
      // Something else has ended the message: ending it here says so.
    }
    await this.end();
  }

  #write(step: Step): void {
    writeStep(this.#writer, this.copy, step);
    this.#tally.add(this.copy, step);
    if (performance.now() - this.#reportedAt >= REPORT) this.#tell();
  }

  /** Ends it where it is: as cancelled, if it was stopped. Never rejects. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#tell(); // the server may be out of reach for long
    try {
      const isStopped = this.#writer.signal.aborted;
      await (isStopped ? this.#writer.cancel() : this.#writer.complete());
      this.#status = isStopped ? "cancelled" : "completed";
    } catch {
      this.#status = "failed";
    }
    this.#tell();
  }

  /** Takes it out of the channel; where that cannot be done, it stays. */
  remove(): void {
    this.#writer.remove().catch(() => undefined);
  }

  #tell(): void {
    this.#reportedAt = performance.now();
    report({ type: "turn", turn: this.report });
  }
}
