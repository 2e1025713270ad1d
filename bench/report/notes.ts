import type { Named } from "../results.js";

/** Why a condition does not hold, and what was tried; by what it asks. */
export const NOTES: Named<string> = {};
