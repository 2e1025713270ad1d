import type { Mutant } from "./mutants.js";

/** Deliberate bugs, each of a kind that a system like this one has shipped. */
export const MUTANTS: readonly Mutant[] = [];
