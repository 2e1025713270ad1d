import type { Filter, SubscribeFrame } from "@deltawire/spec";

/** Which messages of a channel a consumer wants. */
export class Wanted {
  readonly #last: number | undefined;
  /** One that the gate has taken; undefined for all of them. */
  filter: Filter | undefined;

  constructor(last: number | undefined, filter: Filter | undefined) {
    this.#last = last;
    this.filter = filter;
  }

  /** What a `subscribe` says of it. @param held what was loaded beyond the first window does not go again */
  fields(held: number): Pick<SubscribeFrame, "last" | "filter"> {
    const last = this.#last && Math.max(this.#last, held);
    return { ...(last !== undefined && { last }), ...(this.filter && { filter: this.filter }) };
  }
}
