/** A token, and the millisecond of the turn at which it comes. */
export interface Token {
  readonly at: number;
  readonly text: string;
}

/** A way to have a turn in PostgreSQL while it is written. */
export interface Way {
  /** Turns that it writes at a time. */
  readonly turns: number;
  /** Everything up to the last token, until that is there. */
  write(): Promise<void>;
  /** The end. */
  complete(): Promise<void>;
  /** Whether a statement writes. */
  isWrite(statement: string): boolean;
  /** The texts that are in PostgreSQL in the end. */
  stored(): Promise<readonly string[]>;
  close(): Promise<void>;
}
