/** What a connection was in the middle of when something went wrong, and how often. */
export class Coverage {
  readonly counts: Map<string, Map<string, number>> = new Map<string, Map<string, number>>();

  met(fault: string, state: string): void {
    const states = this.counts.get(fault) ?? new Map<string, number>();
    states.set(state, (states.get(state) ?? 0) + 1);
    this.counts.set(fault, states);
  }

  add(other: readonly (readonly [string, readonly (readonly [string, number])[]])[]): void {
    for (const [fault, states] of other) {
      for (const [state, count] of states) {
        const mine = this.counts.get(fault) ?? new Map<string, number>();
        mine.set(state, (mine.get(state) ?? 0) + count);
        this.counts.set(fault, mine);
      }
    }
  }

  /** As plain data, to hand over to another process. */
  get data(): [string, [string, number][]][] {
    return [...this.counts].map(([fault, states]) => [fault, [...states]]);
  }

  /** The table: faults down, states across; what never met is a hole. */
  toString(): string {
    const states = [...new Set([...this.counts.values()].flatMap((row) => [...row.keys()]))].sort();
    const faults = [...this.counts.keys()].sort();
    const width = Math.max(...faults.map((fault) => fault.length), 5);
    const head =
      " ".repeat(width + 1) + states.map((state) => state.padStart(state.length + 2)).join("");
    const rows = faults.map((fault) => {
      const cells = states.map((state) => {
        const count = this.counts.get(fault)?.get(state) ?? 0;
        return String(count || "·").padStart(state.length + 2);
      });
      return `${fault.padEnd(width + 1)}${cells.join("")}`;
    });
    return [head, ...rows].join("\n");
  }
}
