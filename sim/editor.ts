import type { EventOptions, MessageWriter, WriteOptions, WrittenEvent } from "@deltawire/encoder";
import { DeltawireError, type JsonObject } from "@deltawire/spec";
import type { Draft } from "./draft.js";
import { anyEdit, append, type Writing } from "./edits.js";
import type { Ledger } from "./ledger.js";
import type { Random } from "./random.js";
import type { Scenario } from "./scenario.js";
import { Violation } from "./violation.js";
import { attributes, words } from "./words.js";

/** A channel to write: a client's, or one in the server's own process. */
export interface Writable {
  readonly name: string;
  write(id: string, options?: WriteOptions): MessageWriter;
  event(kind: string, options?: EventOptions): WrittenEvent;
  setAttributes(attributes: JsonObject): void;
  end(reason?: string): Promise<void>;
}

/** What an {@link Editor} tells of what it does. */
export interface EditorHost {
  readonly ledger: Ledger;
  readonly random: Random;
  /** A promise that has to settle. */
  track(what: string, promise: Promise<unknown>): void;
  note(what: string): void;
  /** Invariant 5: a promise says that the server has the draft as it is. */
  promised(draft: Draft): void;
  violated(violation: Violation): void;
  /** Whether everybody is told to stop. */
  isOver(): boolean;
  readonly plan: Pick<Scenario, "long" | "takesOver">;
}

/** Open messages that an editor has at most. */
const MOST_OPEN = 3;

/** Units of a long text. */
const LONG = 25_000;

/** A program that writes messages at random, and keeps by itself what they must become. */
export class Editor {
  readonly name: string;
  readonly channel: Writable;
  readonly open: Writing[] = [];
  readonly ended: Pick<Writing, "draft">[] = [];
  /** Units of text that it has written. */
  written = 0;
  acts = 0;
  readonly #host: EditorHost;
  readonly #tried = new Set<string>();
  #count: number;
  /** Whether another run of this program writes now. */
  isFenced = false;
  /** What it has made of the channel's attributes, which is one of its name; undefined for nothing. */
  attributes: JsonObject | undefined;

  constructor(name: string, channel: Writable, host: EditorHost, count = 0) {
    this.name = name;
    this.channel = channel;
    this.#host = host;
    this.#count = count;
  }

  /** How many messages it has begun. */
  get count(): number {
    return this.#count;
  }

  /** Does one thing. */
  act(): void {
    const { random } = this.#host;
    if (this.isFenced) return;
    this.acts += 1;
    if (random.chance(0.04)) {
      this.#describe();
      return;
    }
    if (random.chance(0.06)) {
      for (let left = random.pick([1, 2, 12]); left > 0; left--) this.#tell();
      return;
    }
    if (this.open.length === 0 || (this.open.length < MOST_OPEN && random.chance(0.08))) {
      if (this.ended.length > 0 && random.chance(0.35)) this.#reopen();
      else this.begin(`${this.name}-${this.#count++}`);
      return;
    }
    if (this.#host.plan.takesOver && random.chance(0.08)) {
      this.#takeOver();
      return;
    }
    const writing = random.pick(this.open);
    const dice = random.next();
    if (dice < 0.06) this.end(writing);
    else if (dice < 0.09) this.#remove(writing);
    else this.#edit(writing);
  }

  /** Writes a message that is complete at birth. */
  #tell(): void {
    const { random, ledger } = this.#host;
    const id = `${this.name}-${this.#count++}`;
    const status = random.pick(["completed", "completed", "failed", "cancelled"] as const);
    const text = words(random);
    this.#tried.add(id);
    const draft = ledger.begin(this.channel.name, id, 0, this.name);
    draft.attributes = attributes(random);
    draft.text("text", () => text);
    draft.json("value", draft.attributes);
    draft.end(status);
    this.#try(draft, () => {
      const options = { id, text, value: draft.attributes, attributes: draft.attributes, status };
      const { held } = this.channel.event("told", options);
      this.written += text.length;
      this.#settles(draft, status, () => held);
      this.ended.push({ draft });
    });
  }

  /** Sets its attribute of the channel, or takes it away. */
  #describe(): void {
    const { random, ledger } = this.#host;
    const isAway = this.attributes !== undefined && random.chance(0.3);
    const mine = attributes(random);
    this.#try(undefined, () => {
      this.attributes = isAway ? {} : { [this.name]: mine };
      this.channel.setAttributes(this.attributes);
      if (!isAway) ledger.described(this.channel.name, this.name, mine);
    });
  }

  /** Begins a message; `text` is all that it has so far. */
  begin(id: string, text?: string, reopen = false): Writing | undefined {
    const { ledger } = this.#host;
    const channel = this.channel.name;
    this.#tried.add(id);
    const isHere = (draft: Draft) => draft.channel === channel && draft.id === id;
    const previous = ledger.drafts.filter(isHere).at(-1);
    if (previous && previous.author !== this.name) ledger.contested.add(`${channel} ${id}`);
    this.#host.note(`${this.name} writes ${id}${reopen ? " again" : ""}`);
    let writing: Writing | undefined;
    this.#try(undefined, () => {
      const writer = this.channel.write(id, reopen ? { reopen } : {});
      const draft = ledger.begin(channel, id, writer.message.generation, this.name);
      writing = { writer, draft };
      void writer.closed.then((end) => this.#closed(draft, end.reason, end.error));
      this.open.push(writing);
    });
    if (writing) this.#append(writing, text ?? this.#beginning());
    return writing;
  }

  #beginning(): string {
    const { random, plan } = this.#host;
    if (!plan.long) return words(random);
    const line = words(random);
    return line.repeat(Math.ceil(LONG / line.length));
  }

  /** Goes on with what an earlier run of this program had begun, as an editor does that keeps its documents. */
  resume(drafts: readonly Draft[]): void {
    for (const { id, parts } of drafts) {
      const text = parts.get("text");
      this.begin(id, text?.kind === "text" ? text.raw : "");
    }
  }

  /** Writes somebody else's message from now on. */
  #takeOver(): void {
    const { name } = this.channel;
    const others = this.#host.ledger.drafts.filter(
      ({ author, channel, fate, generation }) =>
        author !== this.name && channel === name && fate !== "failed" && generation === 0,
    );
    if (others.length === 0) return;
    const { id } = this.#host.random.pick(others);
    if (!this.#tried.has(id)) this.begin(id);
  }

  #reopen(): void {
    const { random } = this.#host;
    const { draft } = random.pick(this.ended);
    const isOpen = this.open.some((other) => other.draft.id === draft.id);
    if (isOpen || draft.fate === "failed") return;
    this.begin(draft.id, undefined, true);
  }

  #append(writing: Writing, text: string): void {
    this.#try(writing.draft, () => {
      this.written += append(writing, text).written ?? 0;
    });
  }

  #edit(writing: Writing): void {
    const { random, ledger } = this.#host;
    const edit = anyEdit(writing, random);
    this.#try(writing.draft, () => {
      const { written = 0, empties = false } = edit();
      this.written += written;
      if (empties) ledger.emptied.add(`${writing.draft.channel} ${writing.draft.id}`);
    });
  }

  /** Ends a message, well or not. */
  end(writing: Writing): void {
    const { writer, draft } = writing;
    const { random } = this.#host;
    const status = random.chance(0.7) ? "completed" : random.pick(["failed", "cancelled"] as const);
    this.#leave(writing);
    if (draft.fate !== "open") return;
    draft.end(status);
    const call = {
      completed: () => writer.complete(),
      failed: () => writer.fail({ code: "model_error", message: "it did not work" }),
      cancelled: () => writer.cancel(),
    }[status];
    this.#settles(draft, status, call);
    this.ended.push(writing);
  }

  #remove(writing: Writing): void {
    const { writer, draft } = writing;
    this.#leave(writing);
    if (draft.fate !== "open") return;
    draft.status = "removed";
    this.#host.ledger.removed.add(`${draft.channel} ${draft.id}`);
    this.#settles(draft, "removed", () => writer.remove());
    this.ended.push(writing);
  }

  #leave(writing: Writing): void {
    const index = this.open.indexOf(writing);
    if (index >= 0) this.open.splice(index, 1);
  }

  #settles(draft: Draft, status: string, call: () => Promise<void>): void {
    const what = `${this.name}: ${draft.id} is ${status}`;
    this.#host.note(`${this.name} ends ${draft.id}: ${status}`);
    draft.fate = "ending";
    const promise = call().then(
      () => {
        draft.fate = "ended";
        this.#host.note(`${what}, says the server`);
        this.#host.promised(draft);
      },
      (error: unknown) => this.#failed(draft, error),
    );
    this.#host.track(what, promise);
  }

  #closed(draft: Draft, reason: string, error: DeltawireError | undefined): void {
    if (reason === "lost") this.#failed(draft, error);
  }

  #failed(draft: Draft, error: unknown): void {
    if (draft.fate === "failed" || draft.fate === "dead") return;
    const { ledger, note, violated } = this.#host;
    note(`${this.name} has lost ${draft.id}: ${error}`);
    draft.fate = "failed";
    const index = this.open.findIndex((writing) => writing.draft === draft);
    if (index >= 0) this.open.splice(index, 1);
    if (!(error instanceof DeltawireError)) {
      violated(new Violation(6, `${draft.id} failed by what has no type: ${error}`));
      return;
    }
    if (EXPLAINED.has(error.code)) this.isFenced = true;
    const isContested = ledger.contested.has(`${draft.channel} ${draft.id}`);
    if (isContested || EXPLAINED.has(error.code) || this.#host.isOver()) return;
    const what = `${draft.id} of ${this.name} failed, and nothing explains it`;
    violated(new Violation(6, `${what}: ${error.code}: ${error.message}`));
  }

  #try(draft: Draft | undefined, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      if (draft) this.#failed(draft, error);
      else if (EXPLAINED.has(error.code)) this.isFenced = true;
      else throw error;
    }
  }
}

/** What ends writing without anybody else's doing to that very message. */
const EXPLAINED = new Set<string>(["fenced", "superseded"]);
