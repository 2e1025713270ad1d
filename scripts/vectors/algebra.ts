import { apply, ChannelState, Composition, Message } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type JsonOperation,
  type JsonValue,
  type MessageSnapshot,
  type Splice,
} from "@deltawire/spec";
import { applyOperation } from "../../packages/protocol/src/json-apply.js";
import { sizeOf } from "../../packages/protocol/src/size.js";
import { composeSplices } from "../../packages/protocol/src/splice-composition.js";
import { checkSplices, spliceString } from "../../packages/protocol/src/splices.js";
import { Text } from "../../packages/protocol/src/text.js";
import { base64 } from "./plain.js";

/** A state in the form of a snapshot. */
export interface PlainState {
  readonly messages: readonly MessageSnapshot[];
  readonly attributes?: { readonly [key: string]: JsonValue };
  readonly closed?: { readonly reason?: string };
  readonly earlier?: number;
}

export const stateOf = ({ messages, ...rest }: PlainState, seq: number = 0): ChannelState =>
  ChannelState.of("e", { ...rest, seq, messages: messages.map((message) => Message.of(message)) });

export const plainState = ({ messages, attributes, closed, earlier }: ChannelState): unknown =>
  base64({
    messages: messages.map((message) => message.snapshot()),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(closed && { closed }),
    ...(earlier > 0 && { earlier }),
  });

/** What a step gives: a result, or the error that it throws. */
function outcome<T>(step: () => T): { result: T } | { error: object } {
  try {
    return { result: step() };
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    return { error: { code: error.code, path: error.path } };
  }
}

const insert = (changed_offset: number, text: string): Splice => ({
  changed_offset,
  removed: 0,
  text,
});
const replace = (changed_offset: number, removed: number, text: string): Splice => ({
  changed_offset,
  removed,
  text,
});

const splice = (name: string, text: string, splices: Splice[]) => ({
  name,
  text,
  splices,
  ...outcome(() => {
    checkSplices(Text.of(text), splices);
    return spliceString(text, splices);
  }),
});

const composed = (name: string, text: string, first: Splice[], second: Splice[]) => ({
  name,
  text,
  first,
  second,
  composed: composeSplices(first, second),
  result: spliceString(spliceString(text, first), second),
});

export const splices: readonly object[] = [
  splice("append", "Hello", [insert(5, " world")]),
  splice("append to nothing", "", [insert(0, "a")]),
  splice("insert at offset 0", "first", [replace(0, 5, "FIRST (corrected)")]),
  splice("insert in the middle", "ab", [insert(1, "-")]),
  splice("delete everything", "abc", [replace(0, 3, "")]),
  splice("no splice at all", "abc", []),
  splice("a splice that changes nothing", "abc", [insert(1, "")]),
  splice("two edits, offsets in the text before", "one two three", [
    replace(0, 3, "1"),
    replace(8, 5, "3"),
  ]),
  splice("an edit in the middle and an append", "Status: run\nEnd", [
    replace(8, 3, "completed"),
    insert(15, "!"),
  ]),
  splice("offsets count UTF-16 units", "a😀b", [insert(3, "|")]),
  splice("an emoji becomes one with the same high half", "😀", [replace(0, 2, "😁")]),
  splice("NUL and other controls are text", "a\u0000b", [replace(1, 1, "\u0001\u007f\u2028")]),
  splice("past the end", "Al", [insert(5, "bs the spiral")]),
  splice("removes past the end", "abc", [replace(2, 2, "")]),
  splice("begins inside a pair", "😀", [insert(1, "x")]),
  splice("ends inside a pair", "a😀", [replace(0, 2, "")]),
  splice("not sorted", "abcdef", [insert(4, "x"), insert(1, "y")]),
  splice("overlapping", "abcdef", [replace(0, 3, "x"), replace(2, 2, "y")]),
  splice("adjacent", "abcdef", [replace(0, 2, "x"), replace(2, 2, "y")]),
  composed("appends merge", "a", [insert(1, "b")], [insert(2, "c")]),
  composed("an edit before an append", "abc", [insert(3, "d")], [replace(0, 1, "A")]),
  composed("inside what was inserted", "ac", [insert(1, "bbb")], [replace(2, 1, "-")]),
  composed("deletes what was inserted", "ac", [insert(1, "b")], [replace(1, 1, "")]),
  composed(
    "over both ends of what was inserted",
    "abcd",
    [replace(1, 2, "xyz")],
    [replace(0, 5, "-")],
  ),
  composed(
    "many",
    "0123456789",
    [replace(1, 1, "a"), insert(5, "bb"), replace(8, 2, "")],
    [replace(0, 2, ""), replace(4, 4, "Z"), insert(10, "!")],
  ),
  composed("a change to nothing", "ab", [], [insert(1, "x")]),
];

const operations = (name: string, value: JsonValue, list: JsonOperation[]) => ({
  name,
  value,
  operations: list,
  ...outcome(() => {
    let sized = { value, size: sizeOf(value) };
    for (const operation of list) sized = applyOperation(sized, operation);
    return sized.value;
  }),
});

export const jsonOperations: readonly object[] = [
  operations("add a member", {}, [{ op: "add", path: "/a", value: 1 }]),
  operations("add replaces a member", { a: 1 }, [{ op: "add", path: "/a", value: null }]),
  operations("add to a list", [1, 3], [{ op: "add", path: "/1", value: 2 }]),
  operations("add at a list's end", [1], [{ op: "add", path: "/1", value: 2 }]),
  operations("add behind a list's end by -", [1], [{ op: "add", path: "/-", value: 2 }]),
  operations("add past a list's end", [1], [{ op: "add", path: "/2", value: 2 }]),
  operations("add under nothing", {}, [{ op: "add", path: "/a/b", value: 2 }]),
  operations("replace the whole value", { a: 1 }, [{ op: "replace", path: "", value: [] }]),
  operations("add the whole value", 1, [{ op: "add", path: "", value: "" }]),
  operations("replace what is there", { a: { b: 1 } }, [{ op: "replace", path: "/a/b", value: 2 }]),
  operations("replace what is not there", {}, [{ op: "replace", path: "/a", value: 2 }]),
  operations("replace by -", [1], [{ op: "replace", path: "/-", value: 2 }]),
  operations("remove a member", { a: 1, b: 2 }, [{ op: "remove", path: "/a" }]),
  operations("remove an item", [1, 2, 3], [{ op: "remove", path: "/1" }]),
  operations("remove what is not there", { a: 1 }, [{ op: "remove", path: "/b" }]),
  operations("remove the whole value", 1, [{ op: "remove", path: "" }]),
  operations("an index with a leading zero", [1], [{ op: "remove", path: "/00" }]),
  operations("a negative index", [1], [{ op: "remove", path: "/-1" }]),
  operations("escapes in a pointer", { "a/b": { "~": 1 } }, [
    { op: "replace", path: "/a~1b/~0", value: 2 },
  ]),
  operations("an empty key", { "": 1 }, [{ op: "replace", path: "/", value: 2 }]),
  operations("a pointer without a slash", { a: 1 }, [{ op: "remove", path: "a" }]),
  operations("a bad escape", { "~": 1 }, [{ op: "remove", path: "/~" }]),
  operations("through a number", { a: 1 }, [{ op: "replace", path: "/a/b", value: 1 }]),
  operations("a string grows", { a: "He" }, [
    { op: "splice", path: "/a", changed_offset: 2, removed: 0, text: "llo" },
    { op: "splice", path: "/a", changed_offset: 5, removed: 0, text: "!" },
  ]),
  operations("the value itself is a string", "ab", [
    { op: "splice", path: "", changed_offset: 1, removed: 1, text: "c" },
  ]),
  operations("a splice of a number", { a: 1 }, [
    { op: "splice", path: "/a", changed_offset: 0, removed: 0, text: "x" },
  ]),
  operations("a splice past the end", { a: "x" }, [
    { op: "splice", path: "/a", changed_offset: 2, removed: 0, text: "x" },
  ]),
  operations("a splice inside a pair", { a: "😀" }, [
    { op: "splice", path: "/a", changed_offset: 1, removed: 0, text: "x" },
  ]),
  operations("__proto__ in a pointer", {}, [{ op: "add", path: "/__proto__", value: 1 }]),
  operations("constructor, then prototype", { constructor: {} }, [
    { op: "add", path: "/constructor/prototype", value: 1 },
  ]),
  operations("prototype in a value behind constructor", {}, [
    { op: "add", path: "/constructor", value: { prototype: 1 } },
  ]),
  operations("constructor and prototype apart", {}, [
    { op: "add", path: "/constructor", value: 1 },
    { op: "add", path: "/prototype", value: 2 },
  ]),
];

const text = (id: string, content: string) => ({ id, kind: "text", text: content }) as const;
const json = (id: string, value: JsonValue) => ({ id, kind: "json", value }) as const;
const bytes = (id: string, ...values: number[]) =>
  ({ id, kind: "bytes", bytes: Uint8Array.from(values) }) as const;
const open = (id: string, ...parts: MessageSnapshot["parts"]): MessageSnapshot => ({
  id,
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts,
});
const patch = (
  id: string,
  ...parts: NonNullable<Extract<Change, { type: "message_patch" }>["parts"]>
) => ({ type: "message_patch", id, parts }) as const;
const added = (id: string, ...parts: MessageSnapshot["parts"]) =>
  ({ type: "message_added", id, generation: 0, role: "assistant", parts }) as const;
const append = (part: string, offset: number, content: string) =>
  ({ type: "text_splice", part, splices: [insert(offset, content)] }) as const;
const completion = (message: MessageSnapshot, status: "completed" | "failed" = "completed") =>
  ({ ...Message.of({ ...message, status }).completion() }) as const;

const EMPTY: PlainState = { messages: [] };
const ONE: PlainState = { messages: [open("m", text("text", "Hello"))] };
const WINDOW: PlainState = { ...ONE, earlier: 3 };
const KINDS: PlainState = {
  messages: [open("m", text("a", "x"), json("b", { n: [1] }), bytes("c", 1, 2, 3))],
};
/** Ends of streams, one with a base. */
const STREAM: PlainState = {
  messages: [
    open(
      "m",
      { ...bytes("c", 1, 2, 3), start: 10 },
      {
        ...bytes("d", 4),
        start: 3,
        base: Uint8Array.of(9, 8),
      },
    ),
  ],
};
const patchOf = ({
  trimmed = 0,
  appended = [],
  base,
  skipped,
}: {
  readonly trimmed?: number;
  readonly appended?: readonly number[];
  readonly base?: readonly number[];
  readonly skipped?: number;
}) =>
  ({
    type: "bytes_patch",
    part: "c",
    trimmed,
    appended: Uint8Array.from(appended),
    ...(base && { base: Uint8Array.from(base) }),
    ...(skipped !== undefined && { skipped }),
  }) as const;
const done = (state: PlainState): PlainState => ({
  messages: state.messages.map((message) => ({ ...message, status: "completed" as const })),
});

const frame = (changes: readonly Change[], from = 0): ChangesFrame => ({
  type: "changes",
  channel: "c",
  from,
  to: from + 1,
  changes,
});

const reduce = (name: string, state: PlainState, changes: readonly Change[]) => ({
  name,
  state: base64(state),
  changes: base64(changes),
  ...outcome(() => plainState(apply(stateOf(state), frame(changes)))),
});

export const reducer: readonly object[] = [
  reduce("a message begins", EMPTY, [added("m", text("text", ""))]),
  reduce("every optional field of a message", EMPTY, [
    { ...added("m"), kind: "reply", origin: "p", attributes: { n: 0, s: "", z: null } },
  ]),
  reduce(
    "the same id again replaces the content whole, in its place",
    {
      messages: [open("m", text("text", "a")), open("n")],
    },
    [{ ...added("m", json("j", 1)), role: "user" }],
  ),
  reduce("a final message refuses its own generation", done(ONE), [added("m")]),
  reduce("a final message begins again", done(ONE), [{ ...added("m"), generation: 1 }]),
  reduce("a message that is complete at birth", ONE, [
    { ...added("e", text("text", "x"), json("j", 1)), status: "completed" },
  ]),
  reduce("a message that has failed at birth", EMPTY, [
    { ...added("e"), status: "failed", error: { code: "model", message: "no" } },
  ]),
  reduce("an error of a message that is open", EMPTY, [
    { ...added("e"), error: { code: "model" } },
  ]),
  reduce("the content and the end of a message at once", ONE, [
    { ...added("m", text("other", "x")), status: "cancelled" },
  ]),
  reduce("a patch of a message that is complete at birth", EMPTY, [
    { ...added("m", text("text", "")), status: "completed" },
    patch("m", append("text", 0, "!")),
  ]),
  reduce("complete at birth, twice", done(ONE), [{ ...added("m"), status: "completed" }]),
  reduce("complete at birth in the next generation", done(ONE), [
    { ...added("m"), generation: 1, status: "completed" },
    { type: "message_completed", id: "m", status: "failed", digests: [] },
  ]),
  reduce("a window: a message that is complete at birth comes last", WINDOW, [
    { ...added("new"), status: "completed" },
  ]),
  reduce("an older generation", { messages: [{ ...open("m"), generation: 2 }] }, [
    { ...added("m"), generation: 1 },
  ]),
  reduce("two parts of one id", EMPTY, [added("m", text("a", ""), json("a", 1))]),
  reduce("an append", ONE, [patch("m", append("text", 5, " world"))]),
  reduce("an append past the end", ONE, [patch("m", append("text", 6, " world"))]),
  reduce("a patch of no message", EMPTY, [patch("m")]),
  reduce("a window: changes to what may be before it are skipped", WINDOW, [
    patch("before", append("text", 99, "!")),
    patch("m", append("text", 5, "!")),
    {
      type: "message_completed",
      id: "before",
      status: "failed",
      digests: [{ part: "text", length: 1, crc32: 1 }],
    },
    { type: "message_removed", id: "before" },
    patch("before", { type: "part_removed", part: "text" }),
  ]),
  reduce("a window: what is in it is held to every rule", WINDOW, [
    patch("before"),
    patch("m", append("text", 6, "!")),
  ]),
  reduce("a window: a new message comes last", WINDOW, [added("new", text("t", "x"))]),
  reduce("a window: a message that begins anew may be one before it", WINDOW, [
    patch("m", append("text", 5, "!")),
    { ...added("before"), generation: 1 },
  ]),
  reduce("a window: a message in it begins anew", { ...done(ONE), earlier: 3 }, [
    { ...added("m"), generation: 1 },
  ]),
  reduce("a window: the channel's own changes", WINDOW, [
    { type: "channel_patch", attributes: [{ op: "add", path: "/a", value: 1 }] },
    { type: "message_removed", id: "m" },
    { type: "channel_closed" },
  ]),
  reduce("a patch of a final message", done(ONE), [patch("m", append("text", 5, "!"))]),
  reduce("a part is inserted last", ONE, [
    patch("m", { type: "part_inserted", content: text("b", "B") }),
  ]),
  reduce("a part is inserted before another", KINDS, [
    patch("m", { type: "part_inserted", content: text("z", ""), before: "b" }),
  ]),
  reduce("a part is inserted before none", ONE, [
    patch("m", { type: "part_inserted", content: text("b", ""), before: "x" }),
  ]),
  reduce("a part is inserted twice", ONE, [
    patch("m", { type: "part_inserted", content: text("text", "") }),
  ]),
  reduce("a part is removed", KINDS, [patch("m", { type: "part_removed", part: "b" })]),
  reduce("a part that is not there is removed", KINDS, [
    patch("m", { type: "part_removed", part: "x" }),
  ]),
  reduce("removed, then inserted anew elsewhere", KINDS, [
    patch(
      "m",
      { type: "part_removed", part: "a" },
      { type: "part_inserted", content: json("a", 0) },
    ),
  ]),
  reduce("a JSON part is edited", KINDS, [
    patch("m", {
      type: "json_patch",
      part: "b",
      operations: [{ op: "add", path: "/n/-", value: 2 }],
    }),
  ]),
  reduce("an operation that does not apply", KINDS, [
    patch("m", {
      type: "json_patch",
      part: "b",
      operations: [
        { op: "add", path: "/x", value: 1 },
        { op: "remove", path: "/y" },
      ],
    }),
  ]),
  reduce("bytes grow, then lose their front", KINDS, [
    patch("m", { type: "bytes_patch", part: "c", trimmed: 4, appended: Uint8Array.of(9, 8) }),
  ]),
  reduce("bytes lose more than they have", KINDS, [
    patch("m", { type: "bytes_patch", part: "c", trimmed: 4, appended: Uint8Array.of() }),
  ]),
  reduce("bytes count what they lose, and get a base", STREAM, [
    patch("m", patchOf({ trimmed: 2, appended: [9], base: [7, 7] })),
  ]),
  reduce("a base stays where none is stated, and goes where an empty one is", STREAM, [
    patch("m", patchOf({ trimmed: 1 })),
    patch("m", { ...patchOf({}), part: "d", base: Uint8Array.of() }),
  ]),
  reduce("bytes skipped", STREAM, [
    patch("m", patchOf({ trimmed: 3, appended: [9], skipped: 100 })),
  ]),
  reduce("bytes skipped before bytes that stay", STREAM, [
    patch("m", patchOf({ trimmed: 2, skipped: 1 })),
  ]),
  reduce("nothing skipped", STREAM, [patch("m", patchOf({ trimmed: 1, skipped: 0 }))]),
  reduce("a stream longer than 2^53 - 1", STREAM, [
    patch("m", patchOf({ trimmed: 3, appended: [1], skipped: Number.MAX_SAFE_INTEGER - 12 })),
  ]),
  reduce("a stream as long as one can be", STREAM, [
    patch("m", patchOf({ trimmed: 3, appended: [1], skipped: Number.MAX_SAFE_INTEGER - 14 })),
  ]),
  reduce("bytes stated whole in a stream that is too long", EMPTY, [
    added("m", { ...bytes("c", 1, 2), start: Number.MAX_SAFE_INTEGER - 1 }),
  ]),
  reduce("a start of 0 and an empty base are none", EMPTY, [
    added("m", { ...bytes("c", 1), start: 0, base: Uint8Array.of() }),
  ]),
  reduce("completed, with a digest of base and bytes", STREAM, [
    completion(STREAM.messages[0] as MessageSnapshot),
  ]),
  reduce("a splice of a JSON part", KINDS, [patch("m", append("b", 0, "x"))]),
  reduce("a patch of bytes for a text part", KINDS, [
    patch("m", { type: "bytes_patch", part: "a", trimmed: 0, appended: Uint8Array.of(1) }),
  ]),
  reduce("attributes, status and origin", ONE, [
    {
      type: "message_patch",
      id: "m",
      attributes: [{ op: "add", path: "/k", value: { deep: true } }],
      status: "interrupted",
      origin: "other",
    },
  ]),
  reduce("attributes that are no object", ONE, [
    { type: "message_patch", id: "m", attributes: [{ op: "replace", path: "", value: 1 }] },
  ]),
  reduce("back to streaming", { messages: [{ ...open("m"), status: "interrupted" }] }, [
    { type: "message_patch", id: "m", status: "streaming" },
  ]),
  reduce("a patch of nothing", ONE, [{ type: "message_patch", id: "m" }]),
  reduce("completed, with digests", KINDS, [completion(KINDS.messages[0] as MessageSnapshot)]),
  reduce("failed, with an error", ONE, [
    {
      ...completion(ONE.messages[0] as MessageSnapshot, "failed"),
      error: { code: "model", message: "no" },
    },
  ]),
  reduce("completed with a wrong CRC", ONE, [
    {
      type: "message_completed",
      id: "m",
      status: "completed",
      digests: [{ part: "text", length: 5, crc32: 1 }],
    },
  ]),
  reduce("completed with a digest missing", ONE, [
    { type: "message_completed", id: "m", status: "completed", digests: [] },
  ]),
  reduce("completed twice", done(ONE), [
    { type: "message_completed", id: "m", status: "cancelled", digests: [] },
  ]),
  reduce("completion of no message", EMPTY, [
    { type: "message_completed", id: "m", status: "completed", digests: [] },
  ]),
  reduce("a message is removed", { messages: [open("m"), open("n")] }, [
    { type: "message_removed", id: "m" },
  ]),
  reduce("a message that is not there is removed", ONE, [{ type: "message_removed", id: "x" }]),
  reduce("removed, then added anew at the end", { messages: [open("m"), open("n")] }, [
    { type: "message_removed", id: "m" },
    { ...added("m"), generation: 1 },
  ]),
  reduce("the channel's attributes", { ...EMPTY, attributes: { title: "a" } }, [
    { type: "channel_patch", attributes: [{ op: "splice", path: "/title", ...insert(1, "b") }] },
  ]),
  reduce("the channel ends", ONE, [{ type: "channel_closed", reason: "over" }]),
  reduce("the channel ends without a reason", ONE, [{ type: "channel_closed" }]),
  reduce("the channel fails", ONE, [
    { type: "channel_closed", error: { code: "timeout", message: "30 s" } },
  ]),
  reduce("the channel fails, with a reason", EMPTY, [
    { type: "channel_closed", reason: "over", error: { code: "no" } },
  ]),
  reduce("a change after the end", { ...ONE, closed: {} }, [patch("m", append("text", 5, "!"))]),
  reduce("the place of an error behind good changes", ONE, [
    patch("m", append("text", 5, "!")),
    patch("m", append("text", 6, "!"), append("text", 9, "!")),
  ]),
];

const both = (
  name: string,
  state: PlainState,
  first: readonly Change[],
  second: readonly Change[],
) => {
  const [p, q] = [frame(first), frame(second, 1)];
  const middle = apply(stateOf(state), p);
  const end = apply(middle, q);
  const composition = new Composition();
  for (const { changes } of [p, q]) composition.add(changes);
  return {
    name,
    state: base64(state),
    first: base64(first),
    second: base64(second),
    composed: base64(composition.changes(end)),
    result: plainState(end),
  };
};

export const composition: readonly object[] = [
  both(
    "appends",
    ONE,
    [patch("m", append("text", 5, " a"))],
    [patch("m", append("text", 7, " b"))],
  ),
  both(
    "two messages",
    { messages: [open("m", text("t", "")), open("n", text("t", ""))] },
    [patch("m", append("t", 0, "x"))],
    [patch("n", append("t", 0, "y")), patch("m", append("t", 1, "z"))],
  ),
  both(
    "begun, then edited",
    EMPTY,
    [added("m", text("t", "a"))],
    [patch("m", append("t", 1, "b"))],
  ),
  both(
    "begun, then completed",
    EMPTY,
    [added("m", text("t", "a"))],
    [completion(open("m", text("t", "a")))],
  ),
  both("begun, then removed", EMPTY, [added("m")], [{ type: "message_removed", id: "m" }]),
  both(
    "edited, then removed",
    ONE,
    [patch("m", append("text", 5, "!"))],
    [{ type: "message_removed", id: "m" }],
  ),
  both(
    "removed, then begun anew",
    { messages: [open("m"), open("n")] },
    [{ type: "message_removed", id: "m" }],
    [added("o"), { ...added("m"), generation: 1 }],
  ),
  both(
    "inserted before a part that goes",
    KINDS,
    [patch("m", { type: "part_inserted", content: text("z", "z"), before: "b" })],
    [patch("m", { type: "part_removed", part: "b" })],
  ),
  both(
    "inserted before an insertion that goes",
    KINDS,
    [
      patch(
        "m",
        { type: "part_inserted", content: text("x", "x"), before: "b" },
        { type: "part_inserted", content: text("y", "y"), before: "x" },
      ),
    ],
    [patch("m", { type: "part_removed", part: "x" })],
  ),
  both(
    "a string that streams in a value",
    KINDS,
    [
      patch("m", {
        type: "json_patch",
        part: "b",
        operations: [{ op: "add", path: "/s", value: "a" }],
      }),
    ],
    [
      patch("m", {
        type: "json_patch",
        part: "b",
        operations: [{ op: "splice", path: "/s", ...insert(1, "b") }],
      }),
    ],
  ),
  both(
    "bytes",
    KINDS,
    [patch("m", { type: "bytes_patch", part: "c", trimmed: 1, appended: Uint8Array.of(4) })],
    [patch("m", { type: "bytes_patch", part: "c", trimmed: 2, appended: Uint8Array.of(5) })],
  ),
  both(
    "more bytes trimmed than there were at first",
    KINDS,
    [patch("m", { type: "bytes_patch", part: "c", trimmed: 0, appended: Uint8Array.of(4, 5) })],
    [patch("m", { type: "bytes_patch", part: "c", trimmed: 4, appended: Uint8Array.of(6) })],
  ),
  both(
    "bytes that get a base, and then another one",
    STREAM,
    [patch("m", patchOf({ trimmed: 2, appended: [4], base: [7] }))],
    [patch("m", patchOf({ trimmed: 1, base: [8] }))],
  ),
  both(
    "bytes skipped, after some that came",
    STREAM,
    [patch("m", patchOf({ trimmed: 1, appended: [4, 5] }))],
    [patch("m", patchOf({ trimmed: 4, appended: [6], skipped: 9 }))],
  ),
  both(
    "bytes skipped, and then trimmed",
    STREAM,
    [patch("m", patchOf({ trimmed: 3, appended: [4, 5], skipped: 9 }))],
    [patch("m", patchOf({ trimmed: 1, appended: [6] }))],
  ),
  both(
    "bytes skipped twice",
    STREAM,
    [patch("m", patchOf({ trimmed: 3, appended: [4, 5], skipped: 9 }))],
    [patch("m", patchOf({ trimmed: 2, appended: [6], skipped: 1 }))],
  ),
  both(
    "a part removed, and inserted anew as another kind",
    KINDS,
    [patch("m", append("a", 1, "y"), { type: "part_removed", part: "a" })],
    [
      patch("m", { type: "part_inserted", content: json("a", {}), before: "c" }),
      patch("m", {
        type: "json_patch",
        part: "a",
        operations: [{ op: "add", path: "/k", value: 1 }],
      }),
    ],
  ),
  both(
    "attributes, status and origin",
    { ...ONE, attributes: { list: ["a"] } },
    [
      {
        type: "message_patch",
        id: "m",
        attributes: [{ op: "add", path: "/n", value: 1 }],
        status: "interrupted",
      },
      { type: "channel_patch", attributes: [{ op: "add", path: "/list/0", value: ["b"] }] },
    ],
    [
      { type: "channel_patch", attributes: [{ op: "add", path: "/list/0/-", value: "c" }] },
      { type: "channel_patch", attributes: [{ op: "replace", path: "/list/0", value: "d" }] },
      {
        type: "message_patch",
        id: "m",
        attributes: [{ op: "replace", path: "/n", value: 2 }],
        status: "streaming",
        origin: "q",
      },
    ],
  ),
  both(
    "a value replaced whole after an edit inside it",
    { messages: [open("m", json("b", []))] },
    [
      patch("m", {
        type: "json_patch",
        part: "b",
        operations: [
          { op: "add", path: "/0", value: [{}] },
          { op: "add", path: "/0/0/k", value: null },
        ],
      }),
    ],
    [
      patch("m", {
        type: "json_patch",
        part: "b",
        operations: [{ op: "replace", path: "/0", value: 0 }],
      }),
    ],
  ),
  both(
    "removed, and begun anew in an earlier generation",
    { messages: [{ ...open("m"), generation: 2, status: "completed" }, open("n")] },
    [{ type: "message_removed", id: "m" }],
    [added("m", text("t", "again"))],
  ),
  both(
    "stated whole, then removed, then begun, then the end",
    ONE,
    [added("m", text("t", "a")), { type: "message_removed", id: "m" }],
    [added("m", text("t", "b")), { type: "channel_closed", reason: "" }],
  ),
  both(
    "complete at birth, one after the other",
    ONE,
    [
      { ...added("e", text("t", "1")), status: "completed" },
      { ...added("f"), status: "cancelled" },
    ],
    [{ ...added("g"), status: "failed", error: { code: "no" } }],
  ),
  both(
    "begun, then complete",
    EMPTY,
    [added("m", text("t", "a"))],
    [completion({ ...open("m", text("t", "a")) }, "failed")],
  ),
  both(
    "complete at birth, then begun again and removed",
    EMPTY,
    [{ ...added("e"), status: "completed" }],
    [
      { ...added("e"), generation: 1 },
      { type: "message_removed", id: "e" },
    ],
  ),
  both(
    "the channel fails",
    ONE,
    [patch("m", append("text", 5, "!"))],
    [{ type: "channel_closed", reason: "over", error: { code: "no", message: "x" } }],
  ),
  both(
    "completed, then begun again",
    done(ONE),
    [{ ...added("m", text("t", "2")), generation: 1 }],
    [patch("m", append("t", 1, "!"))],
  ),
];
