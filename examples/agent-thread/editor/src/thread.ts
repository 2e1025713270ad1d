import type { Channel, JsonValue } from "@deltawire/client";
import { BufferEntries } from "./buffer-entries.js";
import { type Recording, readRecording } from "./recording.js";
import { Turn } from "./turn.js";

/** What a thread asks of the editor. */
export interface Editor {
  /** Appends what a user asks to the thread's buffer. */
  prompt(buffer: number, text: string): Promise<unknown>;
  /** Tells the user something that went wrong. */
  tell(message: string): void;
}

/** A thread that this editor writes: from a buffer, and from recordings as the agent's turns. */
export class Thread {
  readonly #channel: Channel;
  readonly #editor: Editor;
  readonly #prefix: string;
  #title: string;
  #entries = 0;
  #buffer: { readonly id: number; readonly entries: BufferEntries } | undefined;
  #turn: Turn | undefined;
  #playing: Promise<void> | undefined;
  #answers: { readonly recording: Recording; readonly step: number } | undefined;

  /** @param prefix makes ids of entries unique in the thread, for each run of the editor */
  constructor(channel: Channel, editor: Editor, prefix: string) {
    this.#channel = channel;
    this.#editor = editor;
    this.#prefix = prefix;
    this.#title = channel.name.replace(/^thread\//, "");
    channel.onCommand("prompt", (value) => this.#prompt(textOf(value)));
    channel.onCommand("stop", (_value, { message }) => this.#stop(message));
  }

  /** Streams a buffer from now on; what it holds comes with {@link lines}. */
  attach(buffer: number, title: string): void {
    this.done();
    this.#title = title || this.#title;
    this.#buffer = { id: buffer, entries: new BufferEntries(this.#channel, this.#newId()) };
    this.#tellStatus();
  }

  /** Lines of its buffer have changed, see {@link BufferEntries.change}. */
  lines(first: number, last: number, lines: readonly string[]): void {
    this.#buffer?.entries.change(first, last, lines);
    this.#tellStatus();
  }

  /** The next lines of its buffer begin an entry; those before are done. */
  section(role: "user" | "assistant"): void {
    this.done();
    this.#buffer?.entries.begin(role);
  }

  /** What was typed so far is done; a later edit opens it again. */
  done(): void {
    this.#buffer?.entries.end().catch(this.#failed);
    this.#tellStatus();
  }

  /** Plays a recording as a turn, after the prompt that it has; prompts of a page are answered so, too. */
  async replay(file: string, step: number): Promise<void> {
    const recording = readRecording(file);
    this.#title = recording.title ?? this.#title;
    this.#answers = { recording, step };
    await this.#answer(recording.prompt);
  }

  /** Ends what its buffer has streamed, and does not stream it any more. */
  async detach(): Promise<void> {
    const ended = this.#buffer?.entries.end();
    this.#buffer = undefined;
    this.#tellStatus();
    await ended;
  }

  /** Ends everything. Resolves when the server has it. */
  async close(): Promise<void> {
    this.#turn?.stop();
    await this.detach();
    await this.#playing;
  }

  async #prompt(text: string): Promise<void> {
    if (this.#buffer) await this.#editor.prompt(this.#buffer.id, text);
    else this.#answer(text).catch(this.#failed);
  }

  /** Begins a turn at once, or throws; resolves when it is over. */
  #answer(prompt: string | undefined): Promise<void> {
    if (!this.#answers) throw new Error("nothing answers prompts in this thread now");
    if (this.#turn) throw new Error("the agent is still at work; stop it first");
    const id = this.#newId();
    const turn = new Turn(this.#channel, id);
    this.#turn = turn;
    this.#tellStatus();
    if (prompt !== undefined) {
      const asked = { id: `${id}-prompt`, role: "user", text: prompt };
      this.#channel.event("text", asked).held.catch(this.#failed);
    }
    const { recording, step } = this.#answers;
    this.#playing = turn.play(recording, step).finally(() => {
      this.#turn = undefined;
      this.#tellStatus();
    });
    return this.#playing;
  }

  async #stop(message?: string): Promise<void> {
    this.#turn?.stop(message);
    await this.#buffer?.entries.end("cancel");
    this.#tellStatus();
  }

  /** Says how it is called and whether it is at work; only what differs travels. */
  #tellStatus(): void {
    const isRunning = this.#turn !== undefined || this.#buffer?.entries.isOpen === true;
    const status = isRunning ? "running" : "idle";
    this.#channel.setAttributes({ title: this.#title, status });
  }

  #newId(): string {
    this.#entries += 1;
    return `${this.#prefix}-${this.#entries}`;
  }

  #failed = (error: unknown): void => this.#editor.tell(String(error));
}

function textOf(value: JsonValue | undefined): string {
  const text = typeof value === "object" && value !== null && "text" in value ? value.text : "";
  if (typeof text === "string" && text.trim() !== "") return text;
  throw new Error('a prompt is { "text": "…" }, and not empty');
}
