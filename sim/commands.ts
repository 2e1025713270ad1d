import { DeltawireError } from "@deltawire/spec";
import type { Program } from "./program.js";
import { Violation } from "./violation.js";

/** Milliseconds that an editor has to answer. */
const TIMEOUT = 20_000;

interface Poke {
  readonly by: string;
  readonly number: number;
}

/** What viewers ask editors to do: each thing is done once by a program, in order, and answered. */
export class Commands {
  readonly #violated: (violation: Violation) => void;
  readonly #isCalm: boolean;
  #count = 0;
  /** Commands that were carried out, and answered well. */
  done = 0;

  /** @param isCalm nothing goes wrong: then what is asked for comes in order */
  constructor(isCalm: boolean, violated: (violation: Violation) => void) {
    this.#isCalm = isCalm;
    this.#violated = violated;
  }

  /** A program that writes a channel carries out what it is asked for. */
  serve({ process, wire }: Program, name: string): void {
    const last = new Map<string, number>();
    const carriedOut = new Set<number>();
    wire.channel(name).onCommand("poke", (value) => {
      const { by, number } = value as unknown as Poke; // nobody asks for anything else
      const before = last.get(by) ?? 0;
      const isLate = this.#isCalm && number <= before;
      if (isLate || carriedOut.has(number)) {
        const what = `${process.name} is asked for ${number} by ${by} after ${before}`;
        this.#violated(new Violation(16, what));
      }
      last.set(by, number);
      carriedOut.add(number);
      return 2 * number;
    });
  }

  /** A program asks whoever writes a channel; settles whatever comes of it. */
  async ask(program: Program, name: string): Promise<void> {
    this.#count += 1;
    const number = this.#count;
    const poke = { by: program.process.name, number };
    try {
      const answer = await program.channel(name).command("poke", poke, { timeout: TIMEOUT });
      if (answer !== 2 * number) {
        this.#violated(new Violation(16, `the answer to ${number} is ${JSON.stringify(answer)}`));
      }
      this.done += 1;
    } catch (error) {
      if (error instanceof DeltawireError) return;
      this.#violated(new Violation(16, `a command failed by what has no type: ${error}`));
    }
  }
}
