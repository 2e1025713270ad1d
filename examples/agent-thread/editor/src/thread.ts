import type { Channel, JsonValue } from "@deltawire/client";
import { BufferEntries, type Role } from "./buffer-entries.js";
import type { Recording } from "./recording.js";
import { Turn } from "./turn.js";

/** What a thread asks of the editor. */
export interface Editor {
  /** Of no other entry, in no other run. */
  newId(): string;
  /** Appends what a user asks to the thread's buffer. */
  prompt(buffer: number, text: string): Promise<unknown>;
  /** Tells the user something that went wrong. */
  tell(error: unknown): void;
}

/** A thread that this editor writes: from a buffer, and from recordings as the agent's turns. */
export class Thread {
  readonly #channel: Channel;
  readonly #editor: Editor;
  #title: string;
  #buffer: number | undefined;
  #entries: BufferEntries | undefined;
  #turn: Turn | undefined;
  /** Plays the last recording again, as the answer to a prompt. */
  #answer: ((prompt?: string) => Promise<void>) | undefined;

  constructor(channel: Channel, editor: Editor) {
    this.#channel = channel;
    this.#editor = editor;
    this.#title = channel.name.replace(/^thread\//, "");
    channel.onCommand("prompt", (value) => this.#prompt(textOf(value)));
    channel.onCommand("stop", (_value, { message }) => this.#stop(message));
  }

  /** Streams a buffer from now on; what it holds comes with {@link lines}. */
  attach(buffer: number, title: string): void {
    this.done();
    this.#title = title || this.#title;
    this.#buffer = buffer;
    this.#entries = new BufferEntries(this.#channel, this.#editor.newId());
  }

  /** Lines of its buffer have changed, see {@link BufferEntries.change}. */
  lines(first: number, last: number, lines: readonly string[]): void {
    this.#entries?.change(first, last, lines);
    this.#tellStatus();
  }

  /** The next lines of its buffer begin an entry; those before are done. */
  section(role: Role): void {
    this.done();
    this.#entries?.begin(role);
  }

  /** What was typed so far is done; a later edit opens it again. */
  done(): void {
    for (const writer of this.#entries?.open ?? []) writer.complete().catch(this.#editor.tell);
    this.#tellStatus();
  }

  /** Does not stream its buffer any more; what was typed is done. */
  detach(): void {
    this.done();
    this.#buffer = undefined;
    this.#entries = undefined;
  }

  /** Ends everything. */
  close(): void {
    this.#endTurn();
    this.detach();
  }

  /** Plays a recording as a turn, after the prompt that it has; prompts of a page are answered so, too. */
  async replay(recording: Recording, pace: number): Promise<void> {
    this.#title = recording.title ?? this.#title;
    this.#answer = (prompt) => this.#play(recording, pace, prompt);
    await this.#answer(recording.prompt);
  }

  /** Begins a turn at once, or throws; resolves when it is over. */
  #play(recording: Recording, pace: number, prompt?: string): Promise<void> {
    if (this.#turn) throw new Error("the agent is still at work; stop it first");
    const id = this.#editor.newId();
    const turn = new Turn(this.#channel, id);
    this.#turn = turn;
    this.#tellStatus();
    if (prompt) this.#channel.event("text", { id: `${id}-prompt`, role: "user", text: prompt });
    return turn.play(recording, pace).finally(() => {
      if (this.#turn === turn) this.#endTurn();
    });
  }

  #endTurn(): void {
    this.#turn?.stop();
    this.#turn = undefined;
    this.#tellStatus();
  }

  async #prompt(text: string): Promise<void> {
    if (this.#buffer !== undefined) await this.#editor.prompt(this.#buffer, text);
    else if (!this.#answer) throw new Error("nothing answers prompts in this thread now");
    else this.#answer(text).catch(this.#editor.tell);
  }

  #stop(message?: string): void {
    for (const writer of this.#entries?.open ?? []) {
      if (message === undefined || writer.id === message) void writer.cancel();
    }
    if (message === undefined) this.#endTurn();
    else this.#turn?.stop(message);
    this.#tellStatus();
  }

  /** Says how it is called and whether it is at work; only what differs travels. */
  #tellStatus(): void {
    const isRunning = this.#turn !== undefined || Boolean(this.#entries?.open.length);
    const status = isRunning ? "running" : "idle";
    this.#channel.setAttributes({ title: this.#title, status });
  }
}

function textOf(value: JsonValue | undefined): string {
  const { text } = Object(value) as { readonly text?: unknown }; // or of anything else
  if (typeof text === "string" && text.trim() !== "") return text;
  throw new Error('a prompt is { "text": "…" }, and not empty');
}
