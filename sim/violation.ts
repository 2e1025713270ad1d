/** An invariant of README.md that does not hold. */
export class Violation extends Error {
  /** Its number in README.md. */
  readonly invariant: number;

  constructor(invariant: number, what: string) {
    super(`invariant ${invariant}: ${what}`);
    this.name = "Violation";
    this.invariant = invariant;
  }
}
