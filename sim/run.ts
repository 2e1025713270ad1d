import type { Coverage } from "./coverage.js";
import { ambush, cut, threaten } from "./faults.js";
import { healLog } from "./log-faults.js";
import type { Fault } from "./scenario.js";
import { type Editing, Simulation } from "./simulation.js";
import {
  expectAgreement,
  expectBounds,
  expectEnd,
  expectForgotten,
  expectKept,
  expectLeases,
  expectLinear,
  expectNoTimers,
  expectRest,
  hasEnded,
  isSettled,
} from "./verdict.js";
import { Violation } from "./violation.js";

/** What became of a seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly coverage: Coverage;
  readonly trace: readonly string[] | undefined;
  readonly steps: number;
}

/** How to run a seed. */
export interface RunOptions {
  readonly isTraced?: boolean;
  /** What may go wrong. @default everything */
  readonly faults?: readonly Fault[] | undefined;
}

/** Milliseconds that everybody has to agree once nothing goes wrong any more. */
const PATIENCE = 180_000;

/** Milliseconds after which every connection that is dead is found to be. */
const DISCOVERY = 60_000;

/** Milliseconds of rest after that, in which nothing may happen but signs of life. */
const REST = 20_000;

/** Events of a run past which it is no run but a loop. */
const MOST_STEPS = 200_000;

/** Runs what follows from a seed, up to the first invariant that does not hold. */
export async function simulate(
  seed: number,
  { isTraced = false, faults }: RunOptions = {},
): Promise<Outcome> {
  const sim = new Simulation(seed, isTraced, faults);
  const onRejection = (error: unknown) =>
    sim.violated(new Violation(10, `a rejection that nobody handles: ${error}`));
  const onException = (error: Error) =>
    sim.violated(new Violation(10, `thrown, and nobody catches it: ${error.message}`));
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  const run = new Run(sim);
  try {
    await run.all();
  } finally {
    process.off("unhandledRejection", onRejection);
    process.off("uncaughtException", onException);
  }
  const { violation, coverage, trace } = sim;
  return { seed, violation, coverage, trace, steps: run.steps };
}

/** The course of one run: action, then quiet until all agree, then rest, then the end. */
class Run {
  readonly #sim: Simulation;
  steps = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  async all(): Promise<void> {
    const sim = this.#sim;
    const { plan, world, network } = sim;
    this.#plan();
    await this.#until(plan.duration);
    this.#heal();
    await this.#until(world.now + PATIENCE, () => isSettled(sim));
    this.#expect(() => expectAgreement(sim));
    this.#expect(() => expectLinear(sim));
    await this.#until(world.now + DISCOVERY);
    const { attempts } = network;
    await this.#until(world.now + REST);
    this.#expect(() => expectAgreement(sim));
    this.#expect(() => expectLeases(sim));
    this.#expect(() => expectForgotten(sim));
    await this.#expectKept();
    this.#expect(() => {
      if (network.attempts === attempts) return;
      throw new Violation(11, "somebody connects anew although nothing has happened");
    });
    await this.#page();
    sim.isOver = true;
    if (plan.ends) await this.#endChannel();
    if (sim.violation) return;
    for (const program of [...sim.programs, ...sim.old]) {
      if (!program.process.isDead) sim.track("close", program.wire.close(), program.process);
    }
    await this.#until(world.now + 12_000);
    this.#expect(() => expectNoTimers(sim));
    await this.#until(world.now + 60_000);
    this.#expect(() => expectRest(sim));
  }

  #plan(): void {
    const sim = this.#sim;
    const { editors, viewers, faultTimes, local, duration, commands } = sim.plan;
    for (const editor of editors) {
      sim.startEditor(editor);
      const editing = sim.editing.at(-1) as Editing; // it was just added
      for (const at of editor.acts) this.#at(at, () => this.#act(editing));
    }
    for (const viewer of viewers) this.#at(viewer.joinsAt, () => sim.startViewer(viewer));
    for (const at of faultTimes) this.#at(at, () => threaten(sim));
    for (let at = 0; commands && at < duration; at += 700) this.#at(at, () => sim.ask());
    for (let at = 0; local !== undefined && at < duration; at += 500) {
      this.#at(at, () => sim.local?.editor.act());
    }
  }

  #at(time: number, run: () => void): void {
    this.#sim.world.at(time, undefined, () => this.#sim.try(run));
  }

  #act({ editor, program }: Editing): void {
    const { process } = program;
    if (!process.isDead && !process.isAsleep) editor.act();
  }

  /** Nothing goes wrong any more; most of what is open is brought to its end. */
  #heal(): void {
    const sim = this.#sim;
    sim.note("all is well from here on");
    sim.threats.length = 0;
    sim.try(() => {
      sim.servers.heal();
      healLog(sim);
      for (const { process } of [...sim.programs, ...sim.old]) process.wake();
      for (const { editor } of sim.editing) {
        for (const writing of [...editor.open]) {
          if (sim.random.chance(0.7)) editor.end(writing);
        }
      }
      for (const editor of sim.replaced) {
        for (const writing of [...editor.open]) editor.end(writing);
      }
    });
  }

  /** Every window grows to the whole channel. */
  async #page(): Promise<void> {
    const sim = this.#sim;
    for (const viewer of sim.viewers) {
      const { process } = viewer;
      sim.track("all pages", viewer.pageAll(sim.random.int(4, 1)), process);
    }
    await this.#until(sim.world.now + PATIENCE, () => isSettled(sim));
    this.#expect(() => expectAgreement(sim));
  }

  /** Somebody ends a channel: everybody is told, whatever breaks at that time. */
  async #endChannel(): Promise<void> {
    const sim = this.#sim;
    const { world, random } = sim;
    const able = sim.editing.filter(({ editor, isLatest }) => isLatest && !editor.isFenced);
    const [by] = able;
    if (!by || sim.violation) return;
    const { channel, name } = by.editor;
    sim.note(`${name} ends ${channel.name}`);
    sim.track("the end of a channel", channel.end("it is over"), by.program.process);
    for (const connection of sim.network.connections) {
      if (random.chance(0.3)) cut(sim, connection);
    }
    await this.#until(world.now + PATIENCE, () => hasEnded(sim, channel.name));
    this.#expect(() => expectEnd(sim, channel.name));
  }

  async #until(time: number, isDone: () => boolean = () => false): Promise<void> {
    const sim = this.#sim;
    while (!sim.violation && !isDone() && (await this.#step(time))) {
      sim.look();
      if (sim.threats.length > 0) sim.try(() => ambush(sim));
      this.#expect(() => expectBounds(sim));
      if (this.steps > MOST_STEPS) sim.violated(new Violation(9, "it goes on and on"));
    }
  }

  async #step(time: number): Promise<boolean> {
    this.steps += 1;
    try {
      return await this.#sim.world.step(time);
    } catch (error) {
      this.#sim.try(() => {
        throw error;
      });
      return false;
    }
  }

  async #expectKept(): Promise<void> {
    const sim = this.#sim;
    if (sim.violation) return;
    try {
      await expectKept(sim);
    } catch (error) {
      sim.try(() => {
        throw error;
      });
    }
  }

  #expect(expect: () => void): void {
    if (!this.#sim.violation) this.#sim.try(expect);
  }
}
