import type { MessageWriter, WriteOptions } from "@deltawire/encoder";
import { DeltawireError } from "@deltawire/spec";
import type { Draft } from "./draft.js";
import type { Ledger } from "./ledger.js";
import type { Random } from "./random.js";
import type { Scenario } from "./scenario.js";
import { Violation } from "./violation.js";
import { attributes, edited, range, value, words } from "./words.js";

/** A channel to write: a client's, or one in the server's own process. */
export interface Writable {
  readonly name: string;
  write(id: string, options?: WriteOptions): MessageWriter;
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

/** A message that is written, and what has to come of it. */
export interface Writing {
  readonly writer: MessageWriter;
  readonly draft: Draft;
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
  readonly ended: Writing[] = [];
  /** Units of text that it has written. */
  written = 0;
  acts = 0;
  readonly #host: EditorHost;
  readonly #tried = new Set<string>();
  #count: number;
  /** Whether another run of this program writes now. */
  isFenced = false;

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
    if (this.open.length === 0 || (this.open.length < MOST_OPEN && random.chance(0.08))) {
      if (this.ended.length > 0 && random.chance(0.35)) this.#reopen();
      else this.begin(`${this.name}-${this.#count++}`);
      return;
    }
    if (this.#host.plan.takesOver && random.chance(0.08)) return this.#takeOver();
    const writing = random.pick(this.open);
    const dice = random.next();
    if (dice < 0.06) this.end(writing);
    else if (dice < 0.09) this.#remove(writing);
    else this.#edit(writing);
  }

  /** Begins a message; `text` is all that it has so far. */
  begin(id: string, text?: string, reopen = false): Writing | undefined {
    const { ledger, random } = this.#host;
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
      writer.closed.then((end) => this.#closed(draft, end.reason, end.error));
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

  #append({ writer, draft }: Writing, text: string): void {
    this.#try(draft, () => {
      writer.append(text);
      this.written += text.length;
      draft.text("text", (raw) => raw + text);
    });
  }

  #edit(writing: Writing): void {
    const { random } = this.#host;
    const dice = random.next();
    const part = random.chance(0.8) ? "text" : "thoughts";
    if (dice < 0.5) this.#append(writing, words(random));
    else if (dice < 0.75) this.#editText(writing, part);
    else if (dice < 0.85) this.#editJson(writing);
    else if (dice < 0.92) this.#editBytes(writing);
    else this.#editRest(writing);
  }

  #editText({ writer, draft }: Writing, part: string): void {
    const { random } = this.#host;
    const old = draft.parts.get(part);
    const raw = old?.kind === "text" ? old.raw : "";
    this.#try(draft, () => {
      if (random.chance(0.5)) {
        const next = edited(random, raw);
        writer.text(part).set(next);
        this.written += next === raw ? 0 : Math.abs(next.length - raw.length);
        draft.text(part, () => next);
      } else {
        const { offset, removed } = range(random, raw.length);
        const text = words(random, 3);
        writer.text(part).splice(offset, removed, text);
        draft.text(part, () => raw.slice(0, offset) + text + raw.slice(offset + removed));
      }
    });
  }

  #editJson({ writer, draft }: Writing): void {
    const { random } = this.#host;
    const old = draft.parts.get("call");
    const before = old?.kind === "json" ? old.value : undefined;
    const next = value(random, before);
    this.#try(draft, () => {
      if (before !== undefined && random.chance(0.3)) {
        const count = random.int(1000);
        writer.json("call").patch([{ op: "add", path: "/count", value: count }]);
        draft.json("call", { ...(before as object), count });
      } else {
        writer.json("call").set(next);
        draft.json("call", next);
      }
    });
  }

  #editBytes({ writer, draft }: Writing): void {
    const { random } = this.#host;
    const old = draft.parts.get("output");
    const length = old?.kind === "bytes" ? old.bytes.length : 0;
    this.#try(draft, () => {
      if (length > 0 && random.chance(0.3)) {
        const trimmed = random.int(length + 1);
        writer.bytes("output").trim(trimmed);
        draft.bytes("output", (bytes) => bytes.slice(trimmed));
      } else {
        const more = Array.from({ length: random.int(8) }, () => random.int(256));
        writer.bytes("output").append(Uint8Array.from(more));
        draft.bytes("output", (bytes) => [...bytes, ...more]);
      }
    });
  }

  #editRest({ writer, draft }: Writing): void {
    const { random, ledger } = this.#host;
    this.#try(draft, () => {
      if (draft.parts.size > 1 && random.chance(0.3)) {
        const part = random.pick([...draft.parts.keys()]);
        writer.removePart(part);
        draft.removePart(part);
        ledger.emptied.add(`${draft.channel} ${draft.id}`);
      } else {
        const next = attributes(random);
        writer.setAttributes(next);
        draft.attributes = next;
      }
    });
  }

  /** Ends a message, well or not. */
  end(writing: Writing, isWell = this.#host.random.chance(0.7)): void {
    const { writer, draft } = writing;
    const { random } = this.#host;
    const status = isWell ? "completed" : random.pick(["failed", "cancelled"] as const);
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
