import type { Mutant } from "./mutant.js";

const APPLY = "packages/protocol/src/apply.ts";
const PART = "packages/protocol/src/part.ts";
const SPLICES = "packages/protocol/src/splice-composition.ts";
const COMPOSE = "packages/protocol/src/compose.ts";
const PATCHES = "packages/protocol/src/patch-composition.ts";
const CODEC = "packages/protocol/src/msgpack-codec.ts";
const APPEND = "packages/protocol/src/append.ts";
const TUPLES = "packages/protocol/src/msgpack-tuples.ts";
const READER = "packages/protocol/src/msgpack-reader.ts";
const CONTEXT = "packages/protocol/src/codec-context.ts";
const SNAPSHOT = "packages/protocol/src/snapshot.ts";

/** Bugs of the reducer, of composition and of the codecs. */
export const PROTOCOL_MUTANTS: readonly Mutant[] = [
  {
    name: "accept an offset past the end",
    file: APPLY,
    find: "  checkSplices(part.content, change.splices);\n  let text = part.content;",
    replace: "  let text = part.content;",
    unseen:
      "no shipped sender makes such an offset, and frames that are lost show as gaps before it",
  },
  {
    name: "apply splices from the first to the last",
    file: APPLY,
    find: "for (let i = change.splices.length - 1; i >= 0; i--) {",
    replace: "for (let i = 0; i < change.splices.length; i++) {",
  },
  {
    name: "a completed message takes further patches",
    file: APPLY,
    find: 'if (message.isFinal) throw refuse("message_final"',
    replace: 'if (false) throw refuse("message_final"',
    unseen: "the server's admission drops them before they reach a reducer",
  },
  {
    name: "completion does not compare digests",
    file: APPLY,
    find: "  if (!equal) {\n    throw refuse(",
    replace: "  if (!equal && false) {\n    throw refuse(",
    unseen: "it is the second line of defence: nothing here corrupts what a codec has carried",
  },
  {
    name: "trim bytes before they are appended",
    file: PART,
    find: "content: before.append(appended).trim(rest),",
    replace: "content: before.trim(Math.min(rest, before.length)).append(appended),",
    unseen: "what is appended and trimmed again is skipped, and never sent",
  },
  {
    name: "what is skipped is not counted",
    file: PART,
    find: "start: this.start + trimmed + skipped,",
    replace: "start: this.start + trimmed,",
  },
  {
    name: "a base that is taken away stays",
    file: PART,
    find: "base: base ? copyOf(base) : this.base,",
    replace: "base: base?.length ? copyOf(base) : this.base,",
  },
  {
    name: "composed bytes forget all bases but the last frame's",
    file: "packages/protocol/src/edit-sum.ts",
    find: "const { trimmed, appended, base = this.#base, skipped = 0 } = change;",
    replace: "const { trimmed, appended, base, skipped = 0 } = change;",
  },
  {
    name: "an inserted part comes first",
    file: APPLY,
    find: "const index = before === undefined ? message.parts.length",
    replace: "const index = before === undefined ? 0",
  },
  {
    name: "what is stated anew is added to what was there",
    file: APPLY,
    find: "  const message = Message.of(change);\n",
    replace:
      "  const stated = Message.of(change);\n  const message = old && !old.isFinal ? stated.withParts([...old.parts.filter(({ id }) => !stated.part(id)), ...stated.parts]) : stated;\n",
  },
  {
    name: "compose splices in the wrong order",
    file: PATCHES,
    find: 'else if (step?.type === "edit") step.add(change);',
    replace: 'else if (step?.type === "edit") this.#steps[at ?? 0] = sumOf(change);',
  },
  {
    name: "appends that follow each other are put in front",
    file: SPLICES,
    find: "return [...first.slice(0, -1), { ...last, text: last.text + only.text }];",
    replace: "return [...first.slice(0, -1), { ...last, text: only.text + last.text }];",
  },
  {
    name: "composition forgets what the first splices removed",
    file: SPLICES,
    find: "      if (next && room === 0) {\n        runs.drop(next.removed);",
    replace: "      if (next && room === 0) {\n        runs.drop(0);",
  },
  {
    name: "composition drops the completion",
    file: COMPOSE,
    find: "      if (patched) changes.push(patched);\n      if (completed) changes.push(completed);",
    replace:
      "      if (patched) changes.push(patched);\n      else if (completed) changes.push(completed);",
  },
  {
    name: "composition completes before it patches",
    file: COMPOSE,
    find: "      if (patched) changes.push(patched);\n      if (completed) changes.push(completed);",
    replace:
      "      if (completed) changes.push(completed);\n      if (patched) changes.push(patched);",
  },
  {
    name: "composition forgets a removal before an addition",
    file: COMPOSE,
    find: "const removed = old?.removed ?? false;",
    replace: "const removed = false;",
  },
  {
    name: "composition forgets the status of a patch",
    file: PATCHES,
    find: "this.#status = patch.status ?? this.#status;",
    replace: "",
  },
  {
    name: "keep the cursor over a gap",
    file: READER,
    find: "  if (missing === 0 && !context.lost) {",
    replace: "  if (true) {",
  },
  {
    name: "an append does not move the cursor",
    file: CODEC,
    find: "  pushLeb128(head, numbered.ordinal);\n  context.cursor = numbered;",
    replace: "  pushLeb128(head, numbered.ordinal);",
  },
  {
    name: "a reader's cursor stays where it was",
    file: READER,
    find: "  context.cursor = cursor;\n  const patch",
    replace: "  context.cursor ??= cursor;\n  const patch",
  },
  {
    name: "a splice does not change the length that a reader knows",
    file: APPEND,
    find: "    numbered.length += text.length;\n",
    replace: "",
  },
  {
    name: "an append does not move the tip that a reader knows",
    file: APPEND,
    find: "  numbered.tip.offset += text.length;\n",
    replace: "",
  },
  {
    name: "a tip outlives an operation that is no splice",
    file: TUPLES,
    find: "numbered.tip = tipAfter(change.operations);",
    replace: "numbered.tip = tipAfter(change.operations) ?? numbered.tip;",
  },
  {
    name: "a catch-up does not state the tips",
    file: CODEC,
    find: "[ordinal, message, part, undefined, tip.path, tip.offset]",
    replace: "[ordinal, message, part]",
  },
  {
    name: "a catch-up does not state the cursor",
    file: CODEC,
    find: "const state = [context.names.stated, parts, context.cursor?.ordinal];",
    replace: "const state = [context.names.stated, parts, undefined];",
  },
  {
    name: "the end of a part leaves the cursor",
    file: CONTEXT,
    find: "    if (this.cursor === numbered) this.cursor = undefined;",
    replace: "",
  },
  {
    name: "a number is used again for another part",
    file: CONTEXT,
    find: "    this.#next = Math.max(this.#next, ordinal + 1);",
    replace: "    this.#next = this.#parts.size + 1;",
  },
  {
    name: "snapshots lose the parts of a message that goes on in the next chunk",
    file: SNAPSHOT,
    find: "check(old ? extend(old, message) : Message.of(message), i)",
    replace: "check(Message.of(message), i)",
  },
  {
    name: "a message that is patched is sent whole each time",
    file: COMPOSE,
    find: "costOfPatch(patched) > costOfMessage(message);",
    replace: "costOfPatch(patched) > -costOfMessage(message);",
  },
  {
    name: "composition forgets the end of a channel",
    file: COMPOSE,
    find: "    if (this.#closed) changes.push(this.#closed);\n",
    replace: "",
  },
  {
    name: "snapshots lose the channel's attributes",
    file: SNAPSHOT,
    find: "      ...(attributes && { attributes }),\n",
    replace: "",
  },
];
