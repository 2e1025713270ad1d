import type { ReadChannel } from "@deltawire/client";

/** What is typed, as the channel's command takes it. */
type Typed = string | { readonly binary: string };

/** Commands that may wait for an answer; what is typed meanwhile goes together. */
const MAX_SENT = 16;

/** Units of one command: a paste may be long. */
const MAX_LENGTH = 16 * 1024;

/** Sends what is typed: each key at once, and a flood of them in few commands. */
export class Keys {
  readonly #channel: Pick<ReadChannel, "command">;
  readonly #refused: (error: unknown) => void;
  #queue: Typed[] = [];
  #sent = 0;
  /** Ends the waiting for answers that are not to come to another shell. */
  #session = new AbortController();

  constructor(channel: Pick<ReadChannel, "command">, refused: (error: unknown) => void) {
    this.#channel = channel;
    this.#refused = refused;
  }

  type(typed: Typed): void {
    const last = this.#queue.at(-1);
    if (typeof typed === "string" && typeof last === "string" && this.#sent >= MAX_SENT) {
      this.#queue[this.#queue.length - 1] = last + typed;
    } else this.#queue.push(typed);
    this.#send();
  }

  /** The connection is lost: nobody knows what was done, and what was typed is not typed again. */
  drop(): void {
    this.#session.abort();
    this.#session = new AbortController();
    this.#queue = [];
    this.#sent = 0;
  }

  #send(): void {
    const session = this.#session;
    while (this.#sent < MAX_SENT) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const [value, rest] = typeof next === "string" ? cut(next) : [next];
      if (rest) this.#queue.unshift(rest);
      this.#sent += 1;
      const done = (error?: unknown) => {
        if (session !== this.#session) return;
        if (error) this.#refused(error);
        this.#sent -= 1;
        this.#send();
      };
      this.#channel.command("input", value, { signal: session.signal }).then(() => done(), done);
    }
  }
}

/** As much as one command takes, and the rest; never within a character. */
function cut(text: string): [string, string?] {
  if (text.length <= MAX_LENGTH) return [text];
  const last = text.charCodeAt(MAX_LENGTH - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? MAX_LENGTH - 1 : MAX_LENGTH;
  return [text.slice(0, end), text.slice(end)];
}
