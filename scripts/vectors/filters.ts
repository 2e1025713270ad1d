import { Message } from "@deltawire/protocol";
import { matcherOf } from "@deltawire/protocol/filter";
import { DeltawireError, type Filter, type JsonValue, LIMITS, parseFrame } from "@deltawire/spec";

/** What a filter looks at of a message. */
interface PlainMessage {
  readonly id: string;
  readonly role: string;
  readonly kind?: string;
  readonly attributes?: { readonly [key: string]: JsonValue };
}

const messages: readonly PlainMessage[] = [
  { id: "a", role: "user" },
  { id: "b", role: "assistant", kind: "text", attributes: { level: 3, service: "api/login" } },
  {
    id: "c",
    role: "assistant",
    kind: "tool",
    attributes: { level: 10, service: "api/é", at: "2" },
  },
  { id: "d", role: "event", kind: "alert", attributes: { level: "3", muted: null, at: "10" } },
  { id: "e", role: "event", kind: "alert", attributes: { tags: ["x", { y: 1 }], level: 0 } },
  { id: "f", role: "event", kind: "", attributes: { "a/b": { "~": true }, service: "", "": 1 } },
];

const at = (pointer: string, test: NonNullable<Filter["attributes"]>[string]): Filter => ({
  attributes: { [pointer]: test },
});

const filter = (name: string, wanted: Filter) => {
  const { matches } = matcherOf(wanted);
  const held = messages.map((message) => Message.of({ ...message, generation: 0, parts: [] }));
  return { name, filter: wanted, messages, result: held.filter(matches).map(({ id }) => id) };
};

/** Which of some messages match. */
export const filters: readonly object[] = [
  filter("nothing is asked", {}),
  filter("one id", { id: "b" }),
  filter("ids", { id: ["b", "d", "z"] }),
  filter("none of none", { id: [] }),
  filter("a role", { role: "assistant" }),
  filter("roles", { role: ["user", "event"] }),
  filter("a kind: none has none", { kind: "alert" }),
  filter("an empty kind is one", { kind: "" }),
  filter("all of it", { role: "event", kind: ["alert", ""], ...at("/level", { exists: true }) }),
  filter("a number", at("/level", 3)),
  filter("a text is no number", at("/level", "3")),
  filter("-0 is 0", at("/level", -0)),
  filter("null is a value", at("/muted", null)),
  filter("one of several", at("/level", [3, "3", null])),
  filter("one of none", at("/level", [])),
  filter("an object is no scalar", at("/a~1b", [null, true, 1, ""])),
  filter("a prefix", at("/service", { prefix: "api/" })),
  filter("the empty prefix is one of every text", at("/service", { prefix: "" })),
  filter("a prefix is compared by code units", at("/service", { prefix: "api/e" })),
  filter("at least", at("/level", { min: 3 })),
  filter("at most", at("/level", { max: 3 })),
  filter("between", at("/level", { min: 1, max: 9 })),
  filter("texts by their units", at("/at", { min: "10", max: "2" })),
  filter("numbers and texts are not compared", at("/level", { min: 0, max: "9" })),
  filter("there is one", at("/muted", { exists: true })),
  filter("there is none", at("/level", { exists: false })),
  filter("an item of a list", at("/tags/0", "x")),
  filter("below an item of a list", at("/tags/1/y", 1)),
  filter("an index has no leading zero", at("/tags/01", { exists: true })),
  filter("- leads to nothing", at("/tags/-", { exists: true })),
  filter("a list has no members", at("/tags/length", { exists: true })),
  filter("a text has no items", at("/service/0", { exists: true })),
  filter("escapes", at("/a~1b/~0", true)),
  filter("the empty key", at("/", 1)),
  filter("the attributes themselves are no scalar", at("", { exists: true })),
  filter("nothing is inherited", at("/constructor", { exists: true })),
  filter("any", { any: [{ role: "user" }, at("/level", { min: 5 })] }),
  filter("any of none", { any: [] }),
  filter("not", { not: { role: "event" } }),
  filter("not everything", { not: {} }),
  filter("not, where there is no value", { not: at("/level", { min: 0 }) }),
  filter("nested", { not: { any: [{ kind: "alert" }, { not: { role: "assistant" } }] } }),
];

const refused = (name: string, wanted: unknown) => {
  try {
    parseFrame({ type: "subscribe", channel: "c", request: 1, filter: wanted }, "base64");
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const path = error.path?.replace("/filter", "");
    return { name, filter: wanted, error: { code: error.code, path } };
  }
  throw new TypeError(`${name}: it was not refused`);
};

const nested = (depth: number): unknown => (depth === 1 ? {} : { not: nested(depth - 1) });
const { max_filter_depth, max_filter_tests, max_filter_size } = LIMITS;

/** What is no filter; paths are those within the filter. */
export const refusedFilters: readonly object[] = [
  refused("a list", []),
  refused("a text", "kind"),
  refused("an unknown member", { kinds: "a" }),
  refused("an id that is no text", { id: 1 }),
  refused("a role among others that is no text", { role: ["a", null] }),
  refused("attributes that are a list", { attributes: [] }),
  refused("a name that is no pointer", { attributes: { level: 1 } }),
  refused("a pointer with another escape", { attributes: { "/a~2": 1 } }),
  refused("a forbidden key", { attributes: { "/a/__proto__": 1 } }),
  refused("a forbidden member", { attributes: { "/constructor/prototype": 1 } }),
  refused("an empty test", { attributes: { "/a": {} } }),
  refused("a test of two forms", { attributes: { "/a": { prefix: "a", exists: true } } }),
  refused("an unknown test", { attributes: { "/a": { suffix: "a" } } }),
  refused("a prefix that is no text", { attributes: { "/a": { prefix: 1 } } }),
  refused("a bound that is neither", { attributes: { "/a": { min: true } } }),
  refused("exists that is no boolean", { attributes: { "/a": { exists: 1 } } }),
  refused("a list of lists", { attributes: { "/a": [[]] } }),
  refused("any that is no list", { any: {} }),
  refused("one of any", { any: [{}, { not: 1 }] }),
  refused("half an emoji", { kind: "\ud83d" }),
  refused("too deep", nested(max_filter_depth + 1)),
  refused("too many tests", {
    any: Array.from({ length: max_filter_tests + 1 }, () => ({ id: "a" })),
  }),
  refused("too large", { id: "x".repeat(max_filter_size - 17) }),
];
