import type { JsonObject, JsonValue } from "@deltawire/spec";

/** A part as its writer left it, kept without the shipped code. */
export type DraftPart =
  | { readonly kind: "text"; raw: string }
  | { readonly kind: "json"; value: JsonValue }
  | ({ readonly kind: "bytes" } & StreamEnd);

/** What is left of a stream of bytes: its end, and what stands for its beginning. */
export interface StreamEnd {
  readonly start: number;
  readonly base: readonly number[];
  readonly bytes: readonly number[];
}

/** The same as one text. */
export const streamOf = ({ start, base, bytes }: StreamEnd): string =>
  `bytes ${start} (${base.join(",")}) ${bytes.join(",")}`;

/** Where the writing of a draft is. */
export type DraftFate =
  | "open"
  /** Ended by its writer; the promise of that is pending. */
  | "ending"
  /** Ended, and the server has said that it has it. */
  | "ended"
  /** Refused, fenced or lost by a typed error: what is on the server is somebody else's. */
  | "failed"
  /** Its process died in the middle. */
  | "dead";

/** Every value that anybody gave a part: what a view may show of it at some time. */
export type History = Map<string, Set<string>>;

/** What a writer has written to one message: the oracle. */
export class Draft {
  readonly channel: string;
  readonly id: string;
  readonly generation: number;
  readonly author: string;
  readonly parts: Map<string, DraftPart> = new Map();
  attributes: JsonObject = {};
  status: "streaming" | "completed" | "failed" | "cancelled" | "removed" = "streaming";
  fate: DraftFate = "open";
  readonly #history: History;

  constructor(channel: string, id: string, generation: number, author: string, history: History) {
    this.channel = channel;
    this.id = id;
    this.generation = generation;
    this.author = author;
    this.#history = history;
  }

  text(part: string, edit: (raw: string) => string): void {
    const old = this.parts.get(part);
    const raw = edit(old?.kind === "text" ? old.raw : "");
    this.parts.set(part, { kind: "text", raw });
    this.#remember(part, `text ${onWire(raw, false)}`);
  }

  json(part: string, value: JsonValue): void {
    this.parts.set(part, { kind: "json", value });
    this.#remember(part, `json ${canonical(value)}`);
  }

  bytes(part: string, edit: (end: StreamEnd) => StreamEnd): void {
    const old = this.parts.get(part);
    const end = edit(old?.kind === "bytes" ? old : { start: 0, base: [], bytes: [] });
    this.parts.set(part, { ...end, kind: "bytes" });
    this.#remember(part, streamOf(end));
  }

  removePart(part: string): void {
    this.parts.delete(part);
  }

  /** Ends: what waits for its other half does not wait any more. */
  end(status: "completed" | "failed" | "cancelled"): void {
    this.status = status;
    for (const [id, part] of this.parts) {
      if (part.kind === "text") this.#remember(id, `text ${onWire(part.raw, true)}`);
    }
  }

  /** What everybody must see in the end. */
  expected(): object {
    const isFinal = this.status !== "streaming";
    const parts = [...this.parts].map(([id, part]) => {
      if (part.kind === "text") return `${id} text ${onWire(part.raw, isFinal)}`;
      if (part.kind === "json") return `${id} json ${canonical(part.value)}`;
      return `${id} ${streamOf(part)}`;
    });
    return {
      id: this.id,
      generation: this.generation,
      status: this.status,
      attributes: canonical(this.attributes),
      parts,
    };
  }

  #remember(part: string, value: string): void {
    const key = `${this.channel} ${this.id} ${part}`;
    const values = this.#history.get(key) ?? new Set();
    values.add(value);
    this.#history.set(key, values);
  }
}

/** The well-formed form of a text; a high half at its end waits, unless nothing more comes. */
function onWire(raw: string, isFinal: boolean): string {
  const last = raw.charCodeAt(raw.length - 1);
  const waits = !isFinal && last >= 0xd800 && last <= 0xdbff;
  return (waits ? raw.slice(0, -1) : raw).toWellFormed();
}

/** JSON with the members in one order. */
export function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
