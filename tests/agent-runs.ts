import type { JsonValue } from "@deltawire/spec";
import type { Edit, Input } from "../bench/wire/peer.js";

/** Edits as an input, each list of them in a window of its own. */
export const inputOf = (...windows: readonly (readonly Edit[])[]): Input => ({
  name: "test",
  title: "test",
  steps: windows.map((edits, i) => ({ at: 100 * i, edits })),
});

/** An append to a text. */
export const append = (text: string, part = "text"): Edit => ({ is: "append", part, text });
/** A text begins. */
export const begin = (part = "text"): Edit => ({ is: "text", part });
const splice = (offset: number, removed: number, text: string): Edit => ({
  is: "splice",
  part: "text",
  offset,
  removed,
  text,
});

const value = (content: string): JsonValue => ({
  name: "write",
  arguments: { path: "a", content },
});
const grow = (before: string, text: string): Edit => {
  const at = { path: "/arguments/content", changed_offset: before.length, removed: 0 };
  const operations = [{ op: "splice", ...at, text } as const];
  return { is: "patch", part: "call", operations, value: value(before + text) };
};

/** A status line that is edited back, below and above a text that grows. */
export const TURN: Input = inputOf(
  [begin()],
  [append("Look: "), append("running"), append(". ")],
  [append("On it."), splice(6, 7, "done")],
  [append(" End")],
);

/** An argument of a call that streams. */
export const ARGUMENT: Input = inputOf(
  [{ is: "json", part: "call", value: value("") }],
  [grow("", 'say "')],
  [grow('say "', "hi\n")],
);

const call = (status: string, output?: string): JsonValue => ({
  status,
  ...(output !== undefined && { output }),
});
const patch = (now: JsonValue, ...operations: (Edit & { is: "patch" })["operations"]): Edit => ({
  is: "patch",
  part: "state",
  operations,
  value: now,
});

/** Calls in a state, the second with a string that streams. */
export const STATE: Input = inputOf(
  [{ is: "json", part: "state", value: { title: "t", calls: { a: call("on") } } }],
  [
    patch(
      { title: "t", calls: { a: call("on"), b: call("on", "") } },
      {
        op: "add",
        path: "/calls/b",
        value: call("on", ""),
      },
    ),
  ],
  [
    patch(
      { title: "u", calls: { a: call("off"), b: call("on", "xy") } },
      { op: "replace", path: "/title", value: "u" },
      { op: "splice", path: "/calls/b/output", changed_offset: 0, removed: 0, text: "xy" },
      { op: "replace", path: "/calls/a/status", value: "off" },
    ),
  ],
  [
    patch(
      { title: "u", calls: { a: call("off"), b: call("on", "xyz") } },
      {
        op: "splice",
        path: "/calls/b/output",
        changed_offset: 2,
        removed: 0,
        text: "z",
      },
    ),
  ],
);
