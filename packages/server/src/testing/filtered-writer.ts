import type { ChannelState, Message } from "@deltawire/protocol";
import type { Change, Filter, JsonOperation } from "@deltawire/spec";
import { added, append, completed, removed, splice } from "./changes.js";

/** Filters of what a {@link FilteredWriter} writes. */
export const FILTERS: readonly (Filter | undefined)[] = [
  undefined,
  {},
  { role: "event" },
  { kind: ["alert", "note"], not: { attributes: { "/level": { min: 3 } } } },
  { attributes: { "/status": "on" } },
  { any: [{ role: "user" }, { attributes: { "/tags/0": { exists: true } } }] },
  { id: ["m1", "m2", "m5"] },
];

const ROLES = ["user", "event", "event"];
const KINDS = [undefined, "alert", "note", "text"];

/** What is written. */
interface Written {
  readonly state: ChannelState;
  write(changes: readonly Change[]): void;
}

/** What a random writer does next; everything follows from numbers. */
export interface Draw {
  readonly kind: number;
  readonly which: number;
  readonly size: number;
}

/** Does whatever is legal to a channel. */
export class FilteredWriter {
  readonly #network: Written;
  readonly #isCalm: boolean;
  #count = 0;

  /** @param isCalm whether nothing that was there begins to match, or stops */
  constructor(network: Written, isCalm: boolean) {
    this.#network = network;
    this.#isCalm = isCalm;
  }

  write(draws: readonly Draw[]): void {
    // One draw about a message in a version, so that each is about the state that it sees.
    const changes: Change[] = [];
    const touched = new Set<string>();
    for (const draw of draws) {
      const next = this.#changes(draw);
      const ids = next.map((change) => ("id" in change ? change.id : ""));
      if (ids.some((id) => touched.has(id))) continue;
      for (const id of ids) touched.add(id);
      changes.push(...next);
    }
    if (changes.length > 0) this.#network.write(changes);
  }

  #changes({ kind, which, size }: Draw): Change[] {
    const { state } = this.#network;
    const open = state.messages.filter(({ isFinal }) => !isFinal);
    const message = open[which % Math.max(1, open.length)];
    const any = state.messages[which % Math.max(1, state.messages.length)];
    if (!message || !any || kind < 4) return [this.#begin(which, size)];
    const { id, text } = message;
    switch (this.#isCalm && kind >= 6 && kind <= 9 ? 13 : kind) {
      case 4:
        return [removed(any.id)];
      case 14:
        return [removed(any.id), this.#stated(any, any.generation + 1, size)];
      case 5:
        return [completed(id, ...message.digests())];
      case 6: // stated anew: as something else, or its next generation
        return any.isFinal || which % 2
          ? [this.#stated(any, any.generation + 1, size)]
          : [this.#stated(message, message.generation, size)];
      case 7:
      case 8:
      case 9:
        return [{ type: "message_patch", id, attributes: operations(message, which, size) }];
      case 10:
        return [{ type: "message_patch", id, status: which % 2 ? "interrupted" : "streaming" }];
      case 11: {
        const value = `title ${size}`;
        return [{ type: "channel_patch", attributes: [{ op: "add", path: "/title", value }] }];
      }
      case 12:
        return [splice(id, 0, text.length > 0 && !/^[😀ä]/u.test(text) ? 1 : 0, `<${size}>`)];
      default:
        return [append(id, text.length, "x".repeat(size % 7 === 0 ? 4000 : size % 20))];
    }
  }

  #begin(which: number, size: number): Change {
    this.#count += 1;
    const ended = size % 2 === 0 && { status: "completed" as const };
    return added(`m${this.#count}`, "x".repeat(size % 5 === 0 ? 9000 : size % 9), {
      ...looks(which, size),
      ...ended,
    });
  }

  #stated({ id }: Message, generation: number, size: number): Change {
    return added(id, `anew ${size}`, { generation, ...looks(size, size) });
  }
}

function looks(which: number, size: number) {
  const kind = KINDS[which % KINDS.length];
  const status = size % 3 === 0 ? { status: size % 2 ? "on" : "off" } : {};
  const attributes = { level: which % 6, ...status, ...(size % 4 === 0 && { tags: [size] }) };
  return { role: ROLES[size % ROLES.length] ?? "", ...(kind && { kind }), attributes };
}

function operations({ attributes }: Message, which: number, size: number): JsonOperation[] {
  switch (which % 5) {
    case 0:
      return [{ op: "add", path: "/level", value: size % 6 }];
    case 1:
      return [{ op: "add", path: "/status", value: size % 2 ? "on" : "off" }];
    case 2:
      return "status" in attributes ? [{ op: "remove", path: "/status" }] : [];
    case 3:
      return "tags" in attributes
        ? [{ op: "add", path: "/tags/0", value: size }]
        : [{ op: "add", path: "/tags", value: [] }];
    default:
      return [{ op: "add", path: "/seen", value: size }];
  }
}
