/**
 * Why an input cannot be played.
 *
 * - `missing`, `unreadable`, `empty`, `too_large`: the file itself
 * - `not_text`: the bytes are not UTF-8
 * - `bad_line`, `bad_event`: one line of a trace, or one event of a capture, is malformed
 * - `nothing_to_play`: the input is well-formed, but holds no content
 */
export type InputErrorCode =
  | "missing"
  | "unreadable"
  | "empty"
  | "too_large"
  | "not_text"
  | "bad_line"
  | "bad_event"
  | "nothing_to_play";

/** The demo's input cannot be used. The message says what is wrong and what to do about it. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: InputErrorCode;
  /** One-based: the line of a trace or of JSON lines, or the ordinal of a server-sent event. */
  readonly at: number | undefined;

  constructor(code: InputErrorCode, message: string, at?: number) {
    super(message);
    this.code = code;
    this.at = at;
  }
}
