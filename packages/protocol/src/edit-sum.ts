import {
  type BytesPatch,
  type JsonOperation,
  type JsonPatch,
  type Splice,
  type TextSplice,
  unreachable,
} from "@deltawire/spec";
import type { ContentChange } from "./apply.js";
import { Bytes } from "./bytes.js";
import { addOperations } from "./json-compose.js";
import { composeSplices } from "./splice-composition.js";

/** Edits of one part that add up. Adding costs O(change), amortised, up to a logarithm. */
export interface EditSum {
  readonly type: "edit";
  readonly part: string;
  /** @throws TypeError for an edit of another kind, which the reducer refuses */
  add(change: ContentChange): void;
  /** What they come to, as one change. */
  total(): ContentChange;
}

/** The sum of a first edit and what is added to it. */
export function sumOf(change: ContentChange): EditSum {
  switch (change.type) {
    case "text_splice":
      return new TextSum(change);
    case "json_patch":
      return new JsonSum(change);
    case "bytes_patch":
      return new BytesSum(change);
    default:
      return unreachable(change);
  }
}

const mismatch = (type: string): TypeError =>
  new TypeError(`${type} follows an edit of another kind`);

class TextSum implements EditSum {
  readonly type = "edit";
  readonly part: string;
  /** Each has more splices than the one after it: few of them are composed with what is added. */
  readonly #runs: (readonly Splice[])[] = [];

  constructor(first: TextSplice) {
    this.part = first.part;
    this.add(first);
  }

  add(change: ContentChange): void {
    if (change.type !== "text_splice") throw mismatch(change.type);
    let run = change.splices;
    for (
      let last = this.#runs.at(-1);
      last && last.length <= run.length;
      last = this.#runs.at(-1)
    ) {
      run = composeSplices(last, run);
      this.#runs.pop();
    }
    this.#runs.push(run);
  }

  total(): TextSplice {
    const splices = this.#runs.reduceRight((later, run) => composeSplices(run, later));
    return { type: "text_splice", part: this.part, splices };
  }
}

class JsonSum implements EditSum {
  readonly type = "edit";
  readonly part: string;
  readonly #operations: JsonOperation[] = [];

  constructor(first: JsonPatch) {
    this.part = first.part;
    this.add(first);
  }

  add(change: ContentChange): void {
    if (change.type !== "json_patch") throw mismatch(change.type);
    addOperations(this.#operations, change.operations);
  }

  total(): JsonPatch {
    return { type: "json_patch", part: this.part, operations: [...this.#operations] };
  }
}

class BytesSum implements EditSum {
  readonly type = "edit";
  readonly part: string;
  #trimmed = 0;
  #appended = Bytes.empty;
  /** Above 0, all that was there is trimmed: what is trimmed more is of what was appended. */
  #skipped = 0;
  #base: Uint8Array | undefined;

  constructor(first: BytesPatch) {
    this.part = first.part;
    this.add(first);
  }

  add(change: ContentChange): void {
    if (change.type !== "bytes_patch") throw mismatch(change.type);
    const { trimmed, appended, base = this.#base, skipped = 0 } = change;
    this.#base = base;
    if (skipped > 0) {
      // All of what it had is trimmed: of that, what was appended since counts as skipped.
      if (this.#skipped === 0) this.#trimmed += trimmed - this.#appended.length;
      this.#skipped += this.#appended.length + skipped;
      this.#appended = Bytes.of(appended);
    } else if (this.#skipped > 0) {
      this.#appended = this.#appended.append(appended).trim(trimmed);
      this.#skipped += trimmed;
    } else {
      this.#trimmed += trimmed;
      this.#appended = this.#appended.append(appended);
    }
  }

  total(): BytesPatch {
    return {
      type: "bytes_patch",
      part: this.part,
      trimmed: this.#trimmed,
      appended: this.#appended.view(),
      ...(this.#base && { base: this.#base }),
      ...(this.#skipped > 0 && { skipped: this.#skipped }),
    };
  }
}
