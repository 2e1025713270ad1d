/** Where a text is shown. Offsets and lengths are UTF-16 code units. */
export interface TextTarget {
  /** Units that are shown. */
  readonly length: number;
  /** Replaces some of them. Returns false where what is there is not what was shown. */
  splice(offset: number, removed: number, text: string): boolean;
  /** Shows this text, whatever is there. */
  replace(text: string): void;
}
