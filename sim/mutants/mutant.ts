/** A deliberate bug in a shipped source. */
export interface Mutant {
  readonly name: string;
  /** Of the source, from the root. */
  readonly file: string;
  /** What stands there, exactly once, and what stands there then. */
  readonly find: string;
  readonly replace: string;
  /** Seeds after which it counts as missed, where it is seldom met. @default 1000 */
  readonly seeds?: number;
  /** Why the simulation cannot see it; such a one may be missed. */
  readonly unseen?: string;
}
