import { DeltawireError } from "@deltawire/spec";

/**
 * What becomes of a call: `refused` rejects and has done nothing; `unclear` rejects although it was
 * done.
 */
export type MemoryFault = "refused" | "unclear";

/** How calls travel to what is kept in memory, and back. */
export interface MemoryTravel {
  /** Waited for on the way there and on the way back. @default no time */
  readonly travel?: () => Promise<void>;
}

/** What goes wrong between one server and what is kept in memory. Nothing does unless told. */
export class MemoryFaults {
  #isDown = false;
  readonly #recovered: () => void;
  readonly #travel: () => Promise<void>;
  readonly #planned: { readonly call: string; readonly fault: MemoryFault }[] = [];
  #held: Promise<void> | undefined;

  /** @param recovered called when something gets through again */
  constructor(
    { travel = () => Promise.resolve() }: MemoryTravel,
    recovered: () => void = () => undefined,
  ) {
    this.#travel = travel;
    this.#recovered = recovered;
  }

  /** Whether nothing gets through: every call is refused. */
  get isDown(): boolean {
    return this.#isDown;
  }

  set isDown(isDown: boolean) {
    const hasRecovered = this.#isDown && !isDown;
    this.#isDown = isDown;
    if (hasRecovered) this.#recovered();
  }

  /** Plans a fault for the next calls of a method. @param times default: 1 */
  next(call: string, fault: MemoryFault, times = 1): void {
    for (let i = 0; i < times; i += 1) this.#planned.push({ call, fault });
  }

  /** From here on no call gets through, and none fails, until it is released. */
  hold(): () => void {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = () => {
        if (this.#held === held) this.#held = undefined;
        resolve();
      };
    });
    this.#held = held;
    return release;
  }

  /** A call, with what goes wrong with it. */
  async run<T>(call: string, act: () => T): Promise<T> {
    await this.#travel();
    while (this.#held) await this.#held;
    const fault = this.#isDown ? "refused" : this.#take(call);
    if (fault === "refused") throw failure(call, "was not done");
    const answer = act();
    await this.#travel();
    if (fault === "unclear") throw failure(call, "may have been done");
    return answer;
  }

  #take(call: string): MemoryFault | undefined {
    const i = this.#planned.findIndex((planned) => planned.call === call);
    return i < 0 ? undefined : this.#planned.splice(i, 1)[0]?.fault;
  }
}

const failure = (call: string, what: string): DeltawireError =>
  new DeltawireError("connection_lost", `"${call}" failed as planned: it ${what}`);
