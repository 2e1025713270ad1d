import type { Mutant } from "./mutant.js";

const JOURNAL = "packages/server/src/shared-journal.ts";
const WRITER = "packages/server/src/log-writer.ts";
const DURABLE = "packages/server/src/durable-channel.ts";
const CARRY = "packages/server/src/engine/carry-over.ts";
const WRITE_BEHIND = "packages/server/src/write-behind.ts";

/** Bugs of servers that share a log. */
export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: "whoever was slower is told that the log has its record",
    file: WRITER,
    find: '    return { is: "conflict", contents };',
    replace: '    return { is: "appended", isFollowed: false };',
  },
  {
    name: "what was appended without an answer is decided again",
    file: WRITER,
    find: "const isThere = continues && records[0]?.tag === record.tag;",
    replace: "const isThere = false;",
    unseen: "what is decided again is admitted as a repetition, and comes to nothing",
  },
  {
    name: "news is taken over a hole",
    file: JOURNAL,
    find: "      if (record.index === index + 1 && before === tag) await this.#take(record);",
    replace: "      if (before === tag || record.index > index) await this.#take(record);",
  },
  {
    name: "news is taken twice",
    file: JOURNAL,
    find: "      if (this.#recent.has(record.tag)) continue;\n      if (record.index === index + 1 && before === tag)",
    replace: "      if (record.index <= index + 1)",
  },
  {
    name: "doubt is not looked into",
    file: JOURNAL,
    find: "      if (this.#news.isDoubtful) await this.#readOn();\n      else if (this.#hasWork) await this.#decide();",
    replace: "      if (this.#hasWork) await this.#decide();",
  },
  {
    name: "nobody sees to what a dead server has left",
    file: DURABLE,
    find: "if (!this.#isAlive(draft.keeper)) draft.keep(",
    replace: "if (draft.keeper === undefined) draft.keep(",
  },
  {
    name: "producers of a dead server count as attached",
    file: DURABLE,
    find: "    if (draft.keeper === server) draft.abandon((other) => this.#isAlive(other), draft.now);\n",
    replace: "",
  },
  {
    name: "what had ended is not carried over",
    file: CARRY,
    find: '    changes.push({ type: "message_added", ...message.content() }, message.completion());\n',
    replace: "",
    seeds: 5000,
  },
  {
    name: "a save that conflicts is taken for saved",
    file: WRITE_BEHIND,
    find: "    archive.answered(answer);\n",
    replace: '    archive.answered("saved");\n',
    seeds: 5000,
  },
];
