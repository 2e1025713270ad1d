import { apply, ChannelState, Message } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import { expect, test } from "vitest";
import { stateNodes } from "./state-nodes.js";
import type { TreeNode } from "./tree-node.js";

const part = { id: "text", kind: "text", text: "Hello" } as const;
const tool = { id: "tool", kind: "json", value: { status: "running", log: ["a", "b"] } } as const;
const message = (id: string) =>
  Message.of({ id, generation: 0, role: "assistant", parts: [part, tool] });
const start = ChannelState.of("e1", { seq: 1, messages: ["m1", "m2", "m3"].map(message) });

const step = (...changes: Change[]): ChannelState =>
  apply(start, { type: "changes", channel: "c", from: 1, to: 2, changes });

/** Every line that is marked, with the names that lead to it. */
function marks(nodes: readonly TreeNode[], path = ""): string[] {
  return nodes.flatMap((node) => {
    const name = `${path}/${node.name}`;
    const below = node.children ? marks(node.children(), name) : [];
    return node.mark ? [`${node.mark} ${name}`, ...below] : below;
  });
}

const patch = (
  id: string,
  ...parts: NonNullable<(Change & { type: "message_patch" })["parts"]>
): Change => ({
  type: "message_patch",
  id,
  parts,
});
const append = { changed_offset: 5, removed: 0, text: " you" };

test.each<[string, Change[], string[]]>([
  [
    "a text that grows",
    [patch("m2", { type: "text_splice", part: "text", splices: [append] })],
    ["changed /messages/m2", "changed /messages/m2/text"],
  ],
  [
    "one value deep in JSON",
    [
      patch("m1", {
        type: "json_patch",
        part: "tool",
        operations: [{ op: "add", path: "/log/-", value: "c" }],
      }),
    ],
    [
      "changed /messages/m1",
      "changed /messages/m1/tool",
      "changed /messages/m1/tool/log",
      "added /messages/m1/tool/log/2",
    ],
  ],
  [
    "a message that is gone, and one that begins",
    [
      { type: "message_removed", id: "m1" },
      { type: "message_added", id: "m4", generation: 0, role: "user", parts: [] },
    ],
    ["removed /messages/m1", "added /messages/m4"],
  ],
  [
    "a part that is gone",
    [patch("m3", { type: "part_removed", part: "tool" })],
    ["changed /messages/m3", "removed /messages/m3/tool"],
  ],
  [
    "an end",
    [
      {
        type: "message_completed",
        id: "m3",
        status: "completed",
        digests: start.message("m3")?.digests() ?? [],
      },
    ],
    ["changed /messages/m3", "changed /messages/m3/status"],
  ],
])("%s is marked, and nothing else", (_, changes, wanted) => {
  expect(marks(stateNodes(start, step(...changes)))).toEqual(wanted);
});

test("a state that is the same, made anew, is marked nowhere", () => {
  const again = ChannelState.of("e1", { seq: 1, messages: ["m1", "m2", "m3"].map(message) });
  expect(marks(stateNodes(start, again))).toEqual([]);
  expect(marks(stateNodes(undefined, again))).toEqual([]);
});

test("a message that changed is found among thousands", () => {
  const many = ChannelState.of("e1", {
    seq: 1,
    messages: Array.from({ length: 3000 }, (_, i) => message(`m${i}`)),
  });
  const changes = [patch("m7", { type: "text_splice", part: "text", splices: [append] })];
  const after = apply(many, { type: "changes", channel: "c", from: 1, to: 2, changes });
  const [messages] = stateNodes(many, after).filter(({ name }) => name === "messages");
  const lines = messages?.children?.() ?? [];
  expect(lines.length).toBe(52);
  expect(lines.filter(({ mark }) => mark).map(({ name }) => name)).toEqual(["m7"]);
});
