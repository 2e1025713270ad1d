/** From here on a measurement hardly changes the size. */
export const LARGE = 1e6;

/** What is appended. */
export const TOKEN = "word";

const PROSE = "A text grows in one place, and many people watch it grow somewhere else. ";

/** English text of a length. */
export const prose = (length: number): string =>
  PROSE.repeat(Math.ceil(length / PROSE.length)).slice(0, length);

/** Where a status line is that changes back in the middle of a text. */
export const statusOffset = (size: number): number => Math.floor(size / 2);

/** What the status line becomes the `index`th time: always as long. */
export const statusAt = (index: number): string => (index % 2 ? "completed" : "  running");
