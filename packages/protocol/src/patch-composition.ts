import {
  type BytesPatch,
  type JsonOperation,
  type JsonValue,
  type MessagePatch,
  type OpenStatus,
  type PartChange,
  type PartContent,
  type PartRemoved,
  unreachable,
} from "@deltawire/spec";
import { type ContentChange, patchContent } from "./apply.js";
import { type EditSum, sumOf } from "./edit-sum.js";
import { addOperations } from "./json-compose.js";
import { costOf } from "./json-diff.js";
import type { Message } from "./message.js";
import { type BytesPart, contentOf, type Part, partOf } from "./part.js";
import { sizeOf } from "./size.js";

/** A part that the run inserts: folded, as it is after the run. */
interface Inserted {
  readonly type: "inserted";
  part: Part;
  readonly before: string | undefined;
}

type Step = Inserted | EditSum | PartRemoved;

/** Bytes beyond its content that a splice or an operation costs, about. */
const OVERHEAD = 8;

/**
 * Patches of one message, added up. Steps stay in their order, since an insertion may name a part
 * that a later step removes; edits of one part fold into the first step about it.
 */
export class PatchComposition {
  readonly #id: string;
  readonly #steps: (Step | undefined)[] = [];
  /** Where the step is that says what a part contains. */
  readonly #content = new Map<string, number>();
  readonly #anchors = new Set<string>();
  readonly #attributes: JsonOperation[] = [];
  #status: OpenStatus | undefined;
  #origin: string | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  /** Adds a patch; returns about how many bytes it may add to the composed one. */
  add(patch: MessagePatch): number {
    let size = 0;
    for (const change of patch.parts ?? []) size += this.#addPart(change);
    if (patch.attributes) {
      addOperations(this.#attributes, patch.attributes);
      for (const operation of patch.attributes) size += costOf(operation);
    }
    this.#status = patch.status ?? this.#status;
    this.#origin = patch.origin ?? this.#origin;
    return size;
  }

  #addPart(change: PartChange): number {
    switch (change.type) {
      case "part_inserted": {
        const { content, before } = change;
        const part = partOf(content);
        this.#content.set(content.id, this.#steps.length);
        if (before !== undefined) this.#anchors.add(before);
        this.#steps.push({ type: "inserted", part, before });
        return part.size;
      }
      case "part_removed":
        this.#remove(change.part);
        return OVERHEAD;
      case "text_splice":
      case "json_patch":
      case "bytes_patch":
        return this.#edit(change);
      default:
        return unreachable(change);
    }
  }

  #remove(part: string): void {
    const at = this.#content.get(part);
    this.#content.delete(part);
    const step = at === undefined ? undefined : this.#steps[at];
    if (at !== undefined && step?.type !== "inserted") this.#steps[at] = undefined;
    if (at !== undefined && step?.type === "inserted") {
      if (!this.#anchors.has(part)) {
        this.#steps[at] = undefined;
        return;
      }
      step.part = partOf({ id: part, kind: "text", text: "" }); // only its place matters
    }
    this.#steps.push({ type: "part_removed", part });
  }

  #edit(change: ContentChange): number {
    const at = this.#content.get(change.part);
    const step = at === undefined ? undefined : this.#steps[at];
    if (step?.type === "inserted") step.part = patchContent(step.part, change);
    else if (step?.type === "edit") step.add(change);
    else {
      this.#content.set(change.part, this.#steps.length);
      this.#steps.push(sumOf(change));
    }
    return costOfEdit(change);
  }

  /** The composed patch, if anything is left of it. */
  patch(result: Message | undefined): MessagePatch | undefined {
    const parts: PartChange[] = [];
    for (const step of this.#steps) {
      if (!step) continue;
      if (step.type === "inserted") {
        const { part, before } = step;
        const content = contentOf(part);
        parts.push({ type: "part_inserted", content, ...(before !== undefined && { before }) });
      } else if (step.type === "part_removed") parts.push(step);
      else parts.push(shrink(step.total(), result?.part(step.part)));
    }
    const attributes = shrinkOperations([...this.#attributes], result?.attributes);
    const composed: MessagePatch = {
      type: "message_patch",
      id: this.#id,
      ...(parts.length > 0 && { parts }),
      ...(attributes.length > 0 && { attributes }),
      ...(this.#status && { status: this.#status }),
      ...(this.#origin !== undefined && { origin: this.#origin }),
    };
    return Object.keys(composed).length > 2 ? composed : undefined;
  }
}

/** About the bytes of a patch, as {@link Message.size} counts those of a message. */
export function costOfPatch({ parts = [], attributes = [] }: MessagePatch): number {
  let cost = costOfOperations(attributes);
  for (const change of parts) {
    if (change.type === "part_inserted") cost += costOfContent(change.content) + OVERHEAD;
    else cost += change.type === "part_removed" ? OVERHEAD : costOfEdit(change);
  }
  return cost;
}

function costOfContent(content: PartContent): number {
  if (content.kind === "json") return sizeOf(content.value);
  if (content.kind === "text") return content.text.length;
  return content.bytes.length + (content.base?.length ?? 0);
}

function costOfOperations(operations: readonly JsonOperation[]): number {
  return operations.reduce((sum, operation) => sum + costOf(operation), 0);
}

function costOfEdit(change: ContentChange): number {
  switch (change.type) {
    case "text_splice":
      return change.splices.reduce((sum, { text }) => sum + text.length + OVERHEAD, 0);
    case "json_patch":
      return costOfOperations(change.operations);
    case "bytes_patch":
      return change.appended.length + (change.base?.length ?? 0) + OVERHEAD;
    default:
      return unreachable(change);
  }
}

/** The edit, or the part whole, whichever is less. */
function shrink(change: ContentChange, part: Part | undefined): ContentChange {
  if (change.type === "bytes_patch" && part?.kind === "bytes") return withoutTrimmed(change, part);
  if (!part || costOfEdit(change) <= part.size + OVERHEAD) return change;
  if (change.type === "text_splice" && part.kind === "text") {
    const grown = change.splices.reduce((sum, { text, removed }) => sum + text.length - removed, 0);
    const removed = part.content.length - grown;
    const text = [...part.content.pieces()].join("");
    return { ...change, splices: [{ changed_offset: 0, removed, text }] };
  }
  if (change.type === "json_patch" && part.kind === "json") {
    return { ...change, operations: shrinkOperations(change.operations, part.value) };
  }
  return change;
}

/** Without what was appended and is trimmed again. */
function withoutTrimmed(change: BytesPatch, part: BytesPart): BytesPatch {
  const { appended, skipped = 0 } = change;
  const gone = appended.length - part.content.length;
  if (gone <= 0) return change;
  // Past what was there before the change; where something is skipped, that is all that it trims.
  const trimmed = skipped > 0 ? change.trimmed : change.trimmed - gone;
  return { ...change, trimmed, appended: part.bytes, skipped: skipped + gone };
}

/** The operations, or a replacement of the whole value, whichever is less. */
export function shrinkOperations(
  operations: readonly JsonOperation[],
  value: JsonValue | undefined,
): readonly JsonOperation[] {
  if (value === undefined || costOfOperations(operations) <= sizeOf(value) + OVERHEAD) {
    return operations;
  }
  return [{ op: "replace", path: "", value }];
}
