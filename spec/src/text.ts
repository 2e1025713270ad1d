const LONE = /\p{Surrogate}/u;
const EVERY_LONE = /\p{Surrogate}/gu;

/** Whether a string is well-formed Unicode: no half of a surrogate pair stands alone. */
export function isWellFormed(text: string): boolean {
  return typeof text.isWellFormed === "function" ? text.isWellFormed() : !LONE.test(text);
}

/** The string with U+FFFD in place of every lone surrogate (ECMAScript `toWellFormed`). */
export function toWellFormed(text: string): string {
  return typeof text.toWellFormed === "function"
    ? text.toWellFormed()
    : text.replace(EVERY_LONE, "\uFFFD");
}
