import { DeltawireError } from "@deltawire/server";

/** Who is at a terminal: one types, the others watch; by the ids of their principals. */
export interface Attendance {
  readonly people: Readonly<Record<string, string>>;
  readonly controller: string | null;
  /** Who would like to type, in the order in which they asked. */
  readonly asking: readonly string[];
}

/** Who may type, and how that is handed over. */
export class Control {
  readonly #changed: (now: Attendance) => void;
  readonly #people = new Map<string, string>();
  #controller: string | null = null;
  #asking: readonly string[] = [];

  constructor(changed: (now: Attendance) => void) {
    this.#changed = changed;
  }

  /** @throws DeltawireError `forbidden` where somebody else types, or nobody */
  require(id: string | undefined): void {
    if (id !== undefined && id === this.#controller) return;
    const name = this.#people.get(this.#controller ?? "") ?? "nobody";
    throw new DeltawireError("forbidden", `${name} has the keyboard: ask for it`);
  }

  joined(id: string, name: string): void {
    this.#people.set(id, name);
    this.#tell();
  }

  left(id: string): void {
    this.#people.delete(id);
    this.#asking = this.#asking.filter((each) => each !== id);
    if (id === this.#controller) this.#give(this.#asking[0] ?? null);
    this.#tell();
  }

  /**
   * Somebody says who is to have the keyboard: who has it gives it to anybody, or to nobody; where
   * nobody has it, it is his who takes it. Anybody else asks for it.
   *
   * @throws DeltawireError `forbidden` for what is somebody else's to say
   */
  hand(by: string, to: string | null): void {
    const isFree = this.#controller === null && to === by;
    if (to !== null && !this.#people.has(to)) throw forbidden(`${to} is not here`);
    if (isFree || this.#controller === by) this.#give(to);
    else if (to !== by) throw forbidden("the keyboard is not yours to give");
    else if (!this.#asking.includes(by)) this.#asking = [...this.#asking, by];
    this.#tell();
  }

  #give(to: string | null): void {
    this.#controller = to;
    this.#asking = this.#asking.filter((each) => each !== to);
  }

  #tell(): void {
    const people = Object.fromEntries(this.#people);
    this.#changed({ people, controller: this.#controller, asking: this.#asking });
  }
}

const forbidden = (what: string): DeltawireError => new DeltawireError("forbidden", what);
