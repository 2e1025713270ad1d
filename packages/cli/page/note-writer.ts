import type { Channel } from "@deltawire/client";
import { Store } from "./store.js";

/** The visitor's message: one for all tabs, and whoever types last has it. */
export const NOTE = "note";

/** Units that the visitor may write. */
export const MAX_NOTE = 20_000;

/** A text box's selection before an edit, in UTF-16 units. */
interface Selection {
  readonly start: number;
  readonly end: number;
}

type Writer = ReturnType<Channel["write"]>;

/** Writes what the visitor types: each edit is a splice, as an editor's plugin would send it. */
export class NoteWriter {
  /** Whether this tab writes the text; else it shows what another one writes. */
  readonly isOurs: Store<boolean> = new Store<boolean>(false);
  readonly #channel: Channel;
  #writer: Writer | undefined;
  #text = "";

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Takes an edit that the text box has made. @param before its selection then */
  edited(next: string, caret: number, before: Selection): void {
    const writer = this.#writer;
    const text = this.#text;
    this.#text = next;
    if (!writer || writer.ended) {
      this.#begin(next);
      return;
    }
    const start = Math.min(before.start, caret);
    const kept = next.length - Math.max(caret, start);
    const removed = text.length - kept - start;
    const isSplice =
      removed >= 0 &&
      text.startsWith(next.slice(0, start)) &&
      text.endsWith(next.slice(next.length - kept));
    // An undo or a word that was dropped changes other places than the caret's: the client finds them.
    if (isSplice) writer.splice(start, removed, next.slice(start, next.length - kept));
    else writer.set(next);
  }

  /** Writes the text whole, in the place of whoever has written it so far. */
  #begin(text: string): void {
    const held = this.#channel.state.message(NOTE);
    const writer = this.#channel.write(NOTE, { role: "user", reopen: held?.isFinal ?? false });
    writer.set(text);
    this.#writer = writer;
    this.isOurs.set(true);
    void writer.closed.then(() => {
      if (this.#writer !== writer) return;
      this.#writer = undefined;
      this.isOurs.set(false);
    });
  }
}
