import type { JsonOperation, JsonValue } from "@deltawire/spec";
import type { ChangeEvent, Operation } from "@durable-streams/state";
import { tokensOf } from "../json-places.js";
import type { Edit } from "../peer.js";
import { PlainValue } from "../plain-value.js";

/** A string grows at its end: a text part, or the one at a pointer into a JSON part. */
export interface Growth {
  readonly part: string;
  readonly path?: string;
  readonly text: string;
}

/** What the application appends: tokens, and what its state is now (STATE-PROTOCOL.md, section 4). */
export type StreamEvent = Growth | ChangeEvent<JsonValue>;

/** The key of a part's whole value, as no key is empty; an entity inside it has its pointer. */
const WHOLE = "/";

/** How deep the entities stand of which a JSON part consists: `/calls/3` is one. */
const ENTITY_DEPTH = 2;

/** An entity that is stated anew. */
interface Statement {
  readonly part: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The parts at the producer, and the events for what is done to them. */
export class StatedParts {
  readonly #values = new Map<string, PlainValue>();

  /** Makes the edits of one window: what only grows is told as it grew, all else as it is then. */
  eventsFor(edits: readonly Edit[]): StreamEvent[] {
    const growths: (Statement & { readonly growth: Growth })[] = [];
    const statements = new Map<string, Statement>();
    for (const edit of edits) {
      const { part } = edit;
      if (edit.is === "text" || edit.is === "json") {
        const value = edit.is === "text" ? "" : structuredClone(edit.value);
        this.#values.set(part, new PlainValue(value));
        statements.set(part, { part, path: "", operation: "insert" });
        continue;
      }
      const value = this.#valueOf(part);
      for (const operation of operationsOf(edit, value)) {
        const statement = { part, ...entityOf(value, operation) };
        if (isGrowth(value, operation)) {
          const { path, text } = operation;
          growths.push({
            ...statement,
            growth: path === "" ? { part, text } : { part, path, text },
          });
        } else {
          const id = part + statement.path;
          // What was not there before this window is still to be inserted.
          const isNew = statements.get(id)?.operation === "insert";
          statements.set(id, isNew ? { ...statement, operation: "insert" } : statement);
        }
        value.apply(structuredClone(operation));
      }
    }
    const isStated = ({ part, path }: Statement) =>
      statements.has(part) || statements.has(part + path);
    return [
      ...growths.filter((growth) => !isStated(growth)).map(({ growth }) => growth),
      ...[...statements.values()].flatMap((statement) => this.#eventFor(statement)),
    ];
  }

  #valueOf(part: string): PlainValue {
    const value = this.#values.get(part);
    if (!value) throw new Error(`no part ${part}`);
    return value;
  }

  #eventFor({ part, path, operation }: Statement): ChangeEvent<JsonValue>[] {
    const event = { type: part, key: path || WHOLE, headers: { operation } };
    if (operation === "delete") return [event];
    const value = this.#valueOf(part).at(path);
    return value === undefined ? [] : [{ ...event, value }];
  }
}

/** What a consumer makes of a change event. */
export function applyTo(values: Map<string, PlainValue>, event: ChangeEvent<JsonValue>): void {
  const path = event.key === WHOLE ? "" : event.key;
  const { value = null } = event;
  const before = values.get(event.type);
  if (path === "" || !before) values.set(event.type, new PlainValue(value));
  else if (event.headers.operation === "delete") before.apply({ op: "remove", path });
  else if (event.headers.operation === "insert") before.apply({ op: "add", path, value });
  else before.apply({ op: "replace", path, value });
}

function operationsOf(
  edit: Exclude<Edit, { readonly is: "text" | "json" }>,
  value: PlainValue,
): readonly JsonOperation[] {
  if (edit.is === "patch") return edit.operations;
  const { text } = edit;
  const at =
    edit.is === "append"
      ? { changed_offset: String(value.value).length, removed: 0 }
      : { changed_offset: edit.offset, removed: edit.removed };
  return [{ op: "splice", path: "", ...at, text }];
}

function isGrowth(
  value: PlainValue,
  operation: JsonOperation,
): operation is JsonOperation & { readonly op: "splice" } {
  if (operation.op !== "splice" || operation.removed > 0) return false;
  return operation.changed_offset === String(value.at(operation.path)).length;
}

/** The entity that an operation changes, and what becomes of it. */
function entityOf(value: PlainValue, operation: JsonOperation): Omit<Statement, "part"> {
  const tokens = tokensOf(operation.path);
  const { op } = operation;
  if (op === "splice" || op === "replace" || tokens.length > ENTITY_DEPTH) {
    return { path: pointerOf(tokens.slice(0, ENTITY_DEPTH)), operation: "update" };
  }
  const inside = value.at(pointerOf(tokens.slice(0, -1)));
  if (!Array.isArray(inside)) {
    return { path: operation.path, operation: op === "add" ? "insert" : "delete" };
  }
  const last = tokens.at(-1);
  const isLast = op === "add" && (last === "-" || Number(last) === inside.length);
  // Another place than the last moves all that follow: the list is stated whole.
  if (!isLast) return { path: pointerOf(tokens.slice(0, -1)), operation: "update" };
  const path = pointerOf([...tokens.slice(0, -1), String(inside.length)]);
  return { path, operation: "insert" };
}

function pointerOf(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
