import type { Named } from "../results.js";

/** Why a condition does not hold, and what was tried; by what it asks. */
export const NOTES: Named<string> = {
  "bytes plain, to the best peer":
    "fossil-delta copies from the text that is there, which is compression: where text repeats (a " +
    "terminal, a search that is quoted) it sends less than our plain frames, and twice as much or " +
    "more than our compressed ones take.",
};
