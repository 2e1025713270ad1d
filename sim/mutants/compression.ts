import type { Mutant } from "./mutant.js";

const ENCODING = "packages/server/src/channel-encoding.ts";
const SUBSCRIPTION = "packages/server/src/subscription.ts";
const PACKED = "packages/protocol/src/packed-frame.ts";
const CODEC = "packages/protocol/src/msgpack-codec.ts";
const FORMS = "packages/protocol/src/compressed-forms.ts";
const DICTIONARY = "packages/protocol/src/dictionary.ts";
const READER = "packages/protocol/src/msgpack-reader.ts";
const INFLATE = "packages/protocol/src/inflate.ts";

/** Bugs of compressed forms: which dictionary, who gets them, what is known of recent bytes. */
export const COMPRESSION_MUTANTS: readonly Mutant[] = [
  {
    name: "the dictionary is that of the state after the frame",
    file: ENCODING,
    find: "const compression = isCompressed ? { deflate, before, ...counts } : undefined;",
    replace:
      "const compression = isCompressed ? { deflate, before: state, ...counts } : undefined;",
  },
  {
    name: "windows are sent what needs the whole dictionary",
    file: SUBSCRIPTION,
    find: "const isReadable = this.#isWhole || !shared.needsState;",
    replace: "const isReadable = true;",
  },
  {
    name: "those who cannot read it are sent what was compressed",
    file: SUBSCRIPTION,
    find: "this.#consumer.deliver(shared, this.takesCompressed && isReadable);",
    replace: "this.#consumer.deliver(shared, this.binary && isReadable);",
  },
  {
    name: "recent bytes are not stated",
    file: PACKED,
    find: "const whole = states ? withRecent(plain, recent) : plain;",
    replace: "const whole = plain;",
  },
  {
    name: "a frame's own tuples are among the recent ones before it",
    file: PACKED,
    find: '    this.#recent = context.recent;\n    const isCatchUp = restates && frame.type === "changes";\n    this.plain = isCatchUp ? encodeCatchUp(context, frame) : encodeInContext(context, frame);',
    replace:
      '    const isCatchUp = restates && frame.type === "changes";\n    this.plain = isCatchUp ? encodeCatchUp(context, frame) : encodeInContext(context, frame);\n    this.#recent = context.recent;',
  },
  {
    name: "a reader forgets the tuples of plain arrays",
    file: READER,
    find: "  if (isLive && context.recent) context.remember(tuplesIn(bytes));\n",
    replace: "",
  },
  {
    name: "keys are learned from what states them",
    file: CODEC,
    find: "{ keys, learns: false }",
    replace: "{ keys, learns: true }",
  },
  {
    name: "a reader does not learn the keys of live frames",
    file: READER,
    find: "{ keys: context.keys, learns: true }",
    replace: "{ keys: context.keys, learns: false }",
  },
  {
    name: "a reader forgets the tuples of compressed arrays",
    file: FORMS,
    find: "    context.remember(tuples);\n",
    replace: "",
  },
  {
    name: "what was encoded for others states the recent bytes of old",
    file: ENCODING,
    find: "      isAnew ||= !this.#context.recent;",
    replace: "      isAnew ||= false;",
    unseen: "it takes all readers to go, and two to come, between two frames",
  },
  {
    name: "a frame is inflated with the dictionary of another version",
    file: FORMS,
    find: "  if (state?.seq !== before) {",
    replace: "  if (!state) {",
  },
  {
    name: "members count in the order in which they were written",
    file: DICTIONARY,
    find: "    keys.sort();",
    replace: "",
    unseen: "both ends are the same program, and keep the same order",
  },
  {
    name: "inflating does not look for what is behind the end",
    file: INFLATE,
    find: "    if (this.#at - (this.#count >> 3) < this.#input.length)",
    replace: "    if (false)",
    unseen: "nothing sends such a stream",
  },
];
