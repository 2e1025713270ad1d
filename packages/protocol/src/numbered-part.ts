/** Where the last splice of a JSON part ended: a string that streams goes on there. */
export interface Tip {
  readonly path: string;
  /** UTF-16 code units of the string before it. */
  offset: number;
}

/** A part that has a number. */
export interface NumberedPart {
  readonly ordinal: number;
  readonly message: string;
  readonly part: string;
  /** UTF-16 code units of a text part, kept so that an append need not state its offset. */
  length: number | undefined;
  /** Of a JSON part in which a string streams. */
  tip?: Tip | undefined;
}
