import type { Action } from "@deltawire/server";

const ACTIONS: readonly Action[] = ["subscribe", "produce", "command"];

/** What somebody may do: for each action patterns of channel names, in which `*` is any text. */
export class Rights {
  readonly #patterns: ReadonlyMap<Action, readonly string[]>;

  constructor(patterns: Readonly<Partial<Record<Action, readonly string[]>>>) {
    this.#patterns = new Map(ACTIONS.map((action) => [action, patterns[action] ?? []]));
  }

  /**
   * From what a token says: `{ "subscribe": ["thread-*"], "produce": ["thread-42"] }`. What is not
   * there is not allowed.
   *
   * @throws TypeError that says what it is instead, where it is something else
   */
  static read(claim: unknown): Rights {
    if (typeof claim !== "object" || claim === null || Array.isArray(claim)) {
      throw new TypeError(`rights are an object of ${ACTIONS.join(", ")}`);
    }
    for (const [action, patterns] of Object.entries(claim)) {
      if (!ACTIONS.some((known) => known === action)) {
        throw new TypeError(`there is no right ${action}; there are ${ACTIONS.join(", ")}`);
      }
      if (!Array.isArray(patterns) || patterns.some((pattern) => typeof pattern !== "string")) {
        throw new TypeError(`${action} is a list of patterns: ["thread-*"]`);
      }
    }
    return new Rights(claim);
  }

  /** Whether an action is allowed on a channel. */
  allow(action: Action, channel: string): boolean {
    return (this.#patterns.get(action) ?? []).some((pattern) => matches(pattern, channel));
  }
}

/** Everything, everywhere. */
export const ALL_RIGHTS: Rights = new Rights({ subscribe: ["*"], produce: ["*"], command: ["*"] });

/** Whether a name is one of a pattern; in time that follows both lengths, whatever the pattern. */
function matches(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
