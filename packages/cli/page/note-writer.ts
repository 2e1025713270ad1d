import { type Channel, connect, type Wire } from "@deltawire/client";
import { Store } from "./store.js";
import { CHANNEL } from "./viewer.js";

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

/**
 * Writes what the visitor types: each edit is a splice, as an editor's plugin would send it. All tabs
 * write the same message, and whoever edits it takes it over: of two producers the one that came
 * later has a message, so each time with a connection of its own.
 */
export class NoteWriter {
  /** Whether this tab writes the text; else it shows what another one writes. */
  readonly isOurs: Store<boolean> = new Store<boolean>(false);
  readonly #original: Channel;
  readonly #name: string;
  #text = "";
  #times = 0;
  #wire: Wire | undefined;
  #writer: Writer | undefined;
  /** Whether the server has said that the text is ours, since this tab took it over. */
  #isConfirmed = false;

  /**
   * @param original the channel, as it is read
   * @param name by which to write; nobody else has it
   */
  constructor(original: Channel, name: string) {
    this.#original = original;
    this.#name = name;
    original.subscribe(() => this.#look());
  }

  get #producer(): string {
    return `${this.#name}-${this.#times}`;
  }

  /** Takes an edit that the text box has made. @param before its selection then */
  edited(next: string, caret: number, before: Selection): void {
    const text = this.#text;
    this.#text = next;
    if (!this.isOurs.get()) this.#takeOver();
    const writer = this.#writer;
    if (!writer || writer.ended) return; // it is stated whole in a moment
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

  #takeOver(): void {
    this.isOurs.set(true);
    this.#isConfirmed = false;
    this.#writer = undefined;
    this.#times += 1;
    void this.#wire?.close();
    const wire = connect("/wire", { producer: this.#producer });
    this.#wire = wire;
    const channel = wire.channel(CHANNEL);
    // It is read until it is known how often the message was begun before.
    const stop = channel.subscribe(() => {
      if (!channel.isLive) return;
      stop();
      if (this.#wire === wire) this.#begin(channel);
    });
  }

  #begin(channel: Channel): void {
    const isOver = channel.state.message(NOTE)?.isFinal ?? false;
    const writer = channel.write(NOTE, { role: "user", reopen: isOver });
    writer.set(this.#text);
    this.#writer = writer;
    void writer.closed.then(() => {
      // A writer learns by its next edit that it has lost its message: that edit shall count.
      if (this.#writer === writer && this.isOurs.get()) this.#takeOver();
    });
  }

  /** Another tab may have taken the text over. */
  #look(): void {
    const origin = this.#original.state.message(NOTE)?.origin;
    if (origin === this.#producer) this.#isConfirmed = true;
    else if (origin !== undefined && this.#isConfirmed) this.isOurs.set(false);
  }
}
