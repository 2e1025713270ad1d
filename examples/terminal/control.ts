import { DeltawireError } from "@deltawire/server";

/** Who is at a terminal: one types, the others watch; by the ids of their principals. */
export interface Attendance {
  /** Their names. */
  readonly people: Readonly<Record<string, string>>;
  readonly controller: string | null;
  /** Who would like to type, in the order in which they asked. */
  readonly asking: readonly string[];
}

/** Who may type, and how that is handed over. */
export class Control {
  #now: Attendance = { people: {}, controller: null, asking: [] };

  get now(): Attendance {
    return this.#now;
  }

  /** @throws DeltawireError `forbidden` where somebody else types, or nobody */
  require(id: string): void {
    const { people, controller } = this.#now;
    if (id === controller) return;
    throw forbidden(`${people[controller ?? ""] ?? "nobody"} has the keyboard: ask for it`);
  }

  /** These are here now. What one had who is not goes to the one who asked first. */
  meet(people: Attendance["people"]): void {
    const { controller } = this.#now;
    const asking = this.#now.asking.filter((id) => Object.hasOwn(people, id));
    const isHere = controller === null || Object.hasOwn(people, controller);
    this.#now = { ...this.#now, people, asking };
    if (!isHere) this.#give(asking[0] ?? null);
  }

  /**
   * Somebody says who is to have the keyboard: who has it gives it to anybody, or to nobody; where
   * nobody has it, it is his who takes it. Anybody else asks for it.
   *
   * @throws DeltawireError `forbidden` for what is somebody else's to say
   */
  hand(by: string, to: string | null): void {
    const { people, controller, asking } = this.#now;
    if (to !== null && !Object.hasOwn(people, to)) throw forbidden(`${to} is not here`);
    if (controller === by || (controller === null && to === by)) this.#give(to);
    else if (to !== by) throw forbidden("the keyboard is not yours to give");
    else if (!asking.includes(by)) this.#now = { ...this.#now, asking: [...asking, by] };
  }

  #give(controller: string | null): void {
    const asking = this.#now.asking.filter((id) => id !== controller);
    this.#now = { ...this.#now, controller, asking };
  }
}

const forbidden = (what: string): DeltawireError => new DeltawireError("forbidden", what);
