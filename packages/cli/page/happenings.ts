import { Store } from "./store.js";

/** How something that happened looks: done by the visitor, good, or bad. */
export type Tone = "act" | "good" | "bad";

/** One line of what happened. */
export interface Happening {
  readonly id: number;
  readonly time: Date;
  readonly tone: Tone;
  readonly text: string;
}

/** Lines that are kept. */
const MAX_LINES = 100;

/** What happened on this page, the newest last. */
export class Happenings {
  readonly lines: Store<readonly Happening[]> = new Store<readonly Happening[]>([]);
  #next = 1;

  tell(tone: Tone, text: string): void {
    const line = { id: this.#next++, time: new Date(), tone, text };
    this.lines.set([...this.lines.get(), line].slice(-MAX_LINES));
  }

  /** Does something and tells why where it fails. */
  async attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.tell("bad", `${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
