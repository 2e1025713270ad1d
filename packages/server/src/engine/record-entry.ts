import type { AppendedEntry, Entry } from "./entry.js";
import { countOf, Fields, frameOf, idOf, malformed } from "./record-fields.js";
import { endedOf, producerOf, refusalOf, statedChannelOf, takingOf } from "./record-rows.js";

/** Marks the short form of an {@link AppendedEntry}. */
const APPEND = 0;

/** An append of text, as it is stored: a list, since most records are nothing else. */
type ShortAppend = readonly [
  mark: typeof APPEND,
  producer: string,
  seq: number,
  message: string,
  part: string,
  offset: number,
  removed: number,
  text: string,
];

/** An entry as it is stored. */
export function storedEntry(entry: Entry): ShortAppend | Entry {
  return (entry.type === "appended" && shortAppend(entry)) || entry;
}

function shortAppend(entry: AppendedEntry): ShortAppend | undefined {
  const [change, ...others] = entry.changes;
  if (change?.type !== "message_patch" || others.length > 0) return undefined;
  if (entry.refused || entry.stale) return undefined;
  if (change.attributes || change.status !== undefined || change.origin !== undefined) {
    return undefined;
  }
  const { parts: [part, ...parts] = [] } = change;
  if (part?.type !== "text_splice" || parts.length > 0) return undefined;
  const [splice, ...splices] = part.splices;
  if (!splice || splices.length > 0) return undefined;
  const { changed_offset, removed, text } = splice;
  return [APPEND, entry.producer, entry.seq, change.id, part.part, changed_offset, removed, text];
}

/** Reads what {@link storedEntry} gives; undefined where this server does not know what it is. */
export function readEntry(value: unknown, place: string): Entry | undefined {
  if (Array.isArray(value)) return value[0] === APPEND ? readAppend(value, place) : undefined;
  const fields = new Fields(value, place);
  const type = fields.raw("type");
  if (typeof type !== "string") throw malformed(`${place}/type`, "a string");
  return Object.hasOwn(READERS, type) ? READERS[type as Entry["type"]](fields) : undefined;
}

function readAppend(value: readonly unknown[], place: string): AppendedEntry {
  const [, producer, seq, id, part, offset, removed, text] = value;
  if (typeof text !== "string") throw malformed(`${place}/7`, "a string");
  const splice = {
    changed_offset: countOf(offset, `${place}/5`),
    removed: countOf(removed, `${place}/6`),
    text, // it was UTF-8: it is well-formed
  };
  const parts = [
    { type: "text_splice", part: idOf(part, `${place}/4`), splices: [splice] },
  ] as const;
  return {
    type: "appended",
    producer: idOf(producer, `${place}/1`),
    seq: countOf(seq, `${place}/2`),
    changes: [{ type: "message_patch", id: idOf(id, `${place}/3`), parts }],
  };
}

type Readers = {
  readonly [Type in Entry["type"]]: (fields: Fields) => Extract<Entry, { readonly type: Type }>;
};

const READERS: Readers = {
  begun: (fields) => ({
    type: "begun",
    channel: statedChannelOf(fields.fields("channel")),
    token: fields.count("token"),
    pending: fields.list("pending", endedOf),
  }),
  attached: (fields) => ({
    type: "attached",
    producer: producerOf(fields.fields("producer")),
    changes: fields.changes("changes"),
  }),
  renewed: (fields) => ({
    type: "renewed",
    producer: fields.id("producer"),
    ...fields.optionalId("server"),
    changes: fields.changes("changes"),
  }),
  appended: (fields) => ({
    type: "appended",
    producer: fields.id("producer"),
    seq: fields.count("seq"),
    changes: fields.changes("changes"),
    ...(fields.raw("refused") !== undefined && { refused: fields.list("refused", refusalOf) }),
    ...(fields.raw("stale") !== undefined && { stale: fields.ids("stale") }),
  }),
  left: (fields) => ({
    type: "left",
    producers: fields.ids("producers"),
    since: fields.number("since"),
  }),
  lapsed: (fields) => ({
    type: "lapsed",
    interrupted: fields.ids("interrupted"),
    lost: fields.ids("lost"),
    changes: fields.changes("changes"),
  }),
  changed: (fields) => ({ type: "changed", changes: fields.changes("changes") }),
  kept: (fields) => ({ type: "kept", ...fields.optionalId("server") }),
  hooked: (fields) => ({ type: "hooked", messages: fields.list("messages", endedOf) }),
  asked: (fields) => ({
    type: "asked",
    ...fields.optionalId("by"),
    frame: frameOf("command", fields.raw("frame"), fields.at("frame")),
    now: fields.number("now"),
  }),
  taking: (fields) => ({ type: "taking", ...takingOf(fields) }),
  away: (fields) => ({ type: "away", ...takingOf(fields), until: fields.number("until") }),
  answered: (fields) => ({
    type: "answered",
    ...takingOf(fields),
    frame: frameOf("command_result", fields.raw("frame"), fields.at("frame")),
  }),
  expired: (fields) => ({ type: "expired", now: fields.number("now") }),
};
