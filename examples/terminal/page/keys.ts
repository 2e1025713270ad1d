import type { ReadChannel } from "@deltawire/client";

/** Commands that may wait for an answer; what is typed meanwhile goes together. */
const MAX_SENT = 16;

/** Bytes of one command: a paste may be long. All that are sent are less than the server takes. */
const MAX_LENGTH = 2048;

/** Milliseconds in which a program reads what is typed. */
const PATIENCE = 5000;

/** Sends what is typed: each key at once, and a flood of them in few commands. */
export class Keys {
  readonly #channel: Pick<ReadChannel, "command">;
  readonly #refused: (error: unknown) => void;
  #queue = "";
  #sent = 0;
  /** Ends the waiting for answers that are not to come to another shell. */
  #session = new AbortController();

  constructor(channel: Pick<ReadChannel, "command">, refused: (error: unknown) => void) {
    this.#channel = channel;
    this.#refused = refused;
  }

  /** @param bytes a text of bytes, each a unit */
  type(bytes: string): void {
    this.#queue += bytes;
    this.#send();
  }

  /** Whatever was not typed yet is not typed any more. */
  drop(): void {
    this.#session.abort();
    this.#session = new AbortController();
    this.#queue = "";
    this.#sent = 0;
  }

  #send(): void {
    const { signal } = this.#session;
    while (this.#queue !== "" && this.#sent < MAX_SENT) {
      const bytes = this.#queue.slice(0, MAX_LENGTH);
      this.#queue = this.#queue.slice(MAX_LENGTH);
      this.#sent += 1;
      this.#channel.command("input", bytes, { signal, timeout: PATIENCE }).then(
        () => {
          if (signal.aborted) return;
          this.#sent -= 1;
          this.#send();
        },
        (error: unknown) => {
          if (signal.aborted) return;
          this.drop(); // what follows a gap would be something else
          this.#refused(error);
        },
      );
    }
  }
}

/** A text as it is typed: the bytes of its UTF-8, each a unit. */
export const typedBytes = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
