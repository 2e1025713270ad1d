import { apply, type ChannelState, CodecContext, snapshotFrames } from "@deltawire/protocol";
import type { Change, ChangesFrame, Frame, JsonValue, MessageSnapshot } from "@deltawire/spec";
import {
  compressLive,
  compressStatement,
  decodeCompressed,
  withRecent,
} from "../../packages/protocol/src/compressed-forms.js";
import { crc32 } from "../../packages/protocol/src/crc32.js";
import { dictionaryOf } from "../../packages/protocol/src/dictionary.js";
import { encodeCatchUp, encodeInContext, pack } from "../../packages/protocol/src/msgpack-codec.js";
import { decodeInContext } from "../../packages/protocol/src/msgpack-reader.js";
import { stateOf } from "./algebra.js";
import { deflate, stored, zeros } from "./deflate.js";
import { bytesOf, CHANNEL, errorOf, hexOf, plainContext, type Step } from "./msgpack-streams.js";
import { base64, plainFrame } from "./plain.js";

const NONE = new Uint8Array();

/** An offset: the end of the text, wherever that is. */
const END = -1;
const utf8 = new TextEncoder();

type Parts = MessageSnapshot["parts"];
type PartChanges = NonNullable<
  Extract<ChangesFrame["changes"][number], { type: "message_patch" }>["parts"]
>;

const text = (id: string, content: string): Parts[number] => ({ id, kind: "text", text: content });
const json = (id: string, value: JsonValue): Parts[number] => ({ id, kind: "json", value });
const message = (id: string, ...parts: Parts): MessageSnapshot => ({
  id,
  generation: 0,
  role: "r",
  status: "streaming",
  parts,
});

/** The dictionary of a state; of a long one only what tells it from others. */
const dictionary = (name: string, ...messages: MessageSnapshot[]) => {
  const bytes = dictionaryOf(stateOf({ messages }));
  const known = { length: bytes.length, crc32: crc32(bytes, bytes.length) };
  const content = bytes.length > 256 ? known : { ...known, hex: hexOf(bytes) };
  return { name, state: base64({ messages }), dictionary: content };
};

const letters = (count: number): string => "abcdefghijklmnopqrstuvwxyz ".repeat(count);
const members = (count: number): JsonValue =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, `v${i} `]));

/** Dictionaries of states. */
export const dictionaries: readonly object[] = [
  dictionary("no message"),
  dictionary("one text", message("m", text("t", "Deltas, not documents."))),
  dictionary(
    "texts in document order, whoever grew last",
    message("a", text("t", "one "), text("u", "two ")),
    message("b", text("t", "three "), text("u", "four")),
  ),
  dictionary(
    "strings of JSON parts, and nothing else of them",
    message("m", text("t", "before "), json("j", ["a ", 1, null, true, { k: "b ", l: ["c "] }])),
    message("n", { id: "b", kind: "bytes", bytes: utf8.encode("bytes") }, text("t", "after")),
  ),
  dictionary(
    "members by their keys, in UTF-16 units",
    message("m", json("j", { b: "2 ", a: "1 ", 10: "0 ", "\ue000": "4 ", "😀": "3 " })),
  ),
  dictionary("a string at the root", message("m", json("j", "root "), text("t", "text"))),
  dictionary("an object of 64 members", message("m", json("j", members(64)))),
  dictionary(
    "an object of 65 members is left out",
    message("m", json("j", ["a ", { o: members(65) }, "b "])),
  ),
  dictionary(
    "1,024 items: messages, parts, and values",
    ...Array.from({ length: 400 }, (_, i) => message(`m${i}`, json("j", `${i} `))),
  ),
  dictionary(
    "the last item counts",
    message("m", json("j", [...Array(1021).fill("x"), "last"].reverse() as JsonValue)),
  ),
  dictionary("a text that is cut", message("m", text("t", `${letters(1100)}end`))),
  dictionary(
    "exactly full: 24,576 bytes",
    message("m", text("t", "not this "), text("u", "x".repeat(24_576))),
  ),
  dictionary(
    "a cut inside a character leaves it out, and whatever is before",
    message("m", text("t", "not this "), text("u", "é漢😀".repeat(3200))),
  ),
  dictionary(
    "a last text that does not fit is cut, nothing goes before it",
    message("m", text("t", "not this "), text("u", "漢"), text("v", "x".repeat(24_574))),
  ),
];

/** What a server sends about channel `c`, and what a client makes of it, replica included. */
class CompressedStream {
  readonly steps: Step[] = [];
  #seq: number;
  #state: ChannelState;
  readonly #writer: CodecContext;
  readonly #reader: CodecContext;
  #replica: ChannelState | undefined;
  readonly isCompact: boolean;

  /** @param isCompact whether both ends write and read compact values, too */
  constructor(messages: readonly MessageSnapshot[], seq = 1, isCompact = false) {
    this.#seq = seq;
    this.isCompact = isCompact;
    this.#state = stateOf({ messages }, seq);
    this.#writer = CodecContext.of(this.#state, isCompact);
    this.#writer.recent = NONE;
    this.#reader = new CodecContext(0, isCompact);
    this.#reader.lost = true;
    this.#reader.recent = NONE;
  }

  /** The state as a snapshot, of the last so many messages. */
  join(isCompressed: boolean, last?: number): this {
    const most = Number.POSITIVE_INFINITY;
    const [frame] = snapshotFrames(CHANNEL, this.#state, 1, most, last);
    if (!frame) throw new TypeError("a snapshot has a chunk");
    const context = CodecContext.of(this.#state, this.isCompact);
    const before = this.#writer.recent ?? NONE;
    this.#writer.reset();
    this.#writer.keys = context.keys;
    for (const { ordinal, message: id, part, length } of context.parts) {
      this.#writer.bind(ordinal, id, part, length);
    }
    this.#writer.recent = before;
    const plain = withRecent(encodeInContext(this.#writer, frame), before);
    return this.take(isCompressed ? compressStatement(plain, deflate) : plain);
  }

  #frame(given: ChangesFrame["changes"]): ChangesFrame {
    this.#seq += 1;
    const lengths = new Map<string, number>();
    const changes = given.map((change) => this.#settle(change, lengths));
    return { type: "changes", channel: CHANNEL, from: this.#seq - 1, to: this.#seq, changes };
  }

  /** The change with offsets in place of {@link END}. */
  #settle(change: Change, lengths: Map<string, number>): Change {
    if (change.type !== "message_patch" || !change.parts) return change;
    const parts = change.parts.map((part) => {
      const [first] = part.type === "text_splice" ? part.splices : [];
      if (part.type !== "text_splice" || first?.changed_offset !== END) return part;
      const key = `${change.id} ${part.part}`;
      const text = this.#state.message(change.id)?.part(part.part);
      const length = lengths.get(key) ?? (text?.kind === "text" ? text.content.length : 0);
      lengths.set(key, length + first.text.length);
      return { ...part, splices: [{ ...first, changed_offset: length }] };
    });
    return { ...change, parts };
  }

  #write(changes: ChangesFrame["changes"], isCompressed: boolean): Uint8Array {
    const frame = this.#frame(changes);
    const before = this.#state;
    const { recent = NONE } = this.#writer;
    this.#state = apply(before, frame);
    const plain = encodeInContext(this.#writer, frame);
    return isCompressed ? compressLive(plain, before, recent, deflate) : plain;
  }

  /** A live frame, in its compressed form. */
  send(...changes: ChangesFrame["changes"]): this {
    return this.take(this.#write(changes, true));
  }

  plain(...changes: ChangesFrame["changes"]): this {
    return this.take(this.#write(changes, false));
  }

  /** Written in its compressed form, and decoded, but the replica does not get it. */
  unapplied(...changes: ChangesFrame["changes"]): this {
    return this.take(this.#write(changes, true), true);
  }

  lose(...changes: ChangesFrame["changes"]): this {
    this.steps.push({ hex: hexOf(this.#write(changes, true)), missing: true });
    return this;
  }

  /** A catch-up of these changes, which states the context; with recent bytes, where they are kept. */
  catchUp(from: number, changes: ChangesFrame["changes"], isCompressed = true): this {
    const frame = { ...this.#frame(changes), from } as const;
    this.#state = apply(this.#state, { ...frame, from: this.#state.seq, to: this.#seq });
    this.#writer.seq = this.#seq;
    const plain = withRecent(encodeCatchUp(this.#writer, frame), this.#writer.recent ?? NONE);
    return this.take(isCompressed ? compressStatement(plain, deflate) : plain);
  }

  /** The answer to a client that has everything: a catch-up of nothing, which states the context. */
  restate(isCompressed: boolean): this {
    const at = { from: this.#seq, to: this.#seq };
    const frame = { type: "changes", channel: CHANNEL, request: 1, ...at, changes: [] } as const;
    const plain = withRecent(encodeCatchUp(this.#writer, frame), this.#writer.recent ?? NONE);
    return this.take(isCompressed ? compressStatement(plain, deflate) : plain);
  }

  /** The same; no tuples are recent any more. */
  forget(): this {
    this.#writer.recent = NONE;
    return this.restate(false);
  }

  /** Read, whoever has written it. */
  read(...pieces: readonly (number | Uint8Array)[]): this {
    return this.take(
      Uint8Array.from(pieces.flatMap((piece) => (typeof piece === "number" ? piece : [...piece]))),
    );
  }

  take(bytes: Uint8Array, isUnapplied = false): this {
    let outcome: Step;
    try {
      const first = bytes[0] ?? 0;
      const isCompressed = first >= 0xd4 && first <= 0xd8;
      const frame = isCompressed
        ? decodeCompressed(this.#reader, CHANNEL, bytes, this.#replica)
        : decodeInContext(this.#reader, CHANNEL, bytes);
      outcome = { frame: frame ? plainFrame(frame) : null };
      if (frame && !isUnapplied) this.#apply(frame);
    } catch (error) {
      outcome = { error: errorOf(error) };
    }
    const { lost, keys, recent = NONE } = this.#reader;
    const more = { recent: hexOf(recent), ...(keys && { keys: keys.stated }) };
    const context = { ...plainContext(this.#reader), ...(!lost && more) };
    const applied = isUnapplied ? { unapplied: true } : {};
    this.steps.push({ hex: hexOf(bytes), ...outcome, ...applied, context });
    return this;
  }

  /** As an engine does it: what does not begin at the replica's version is left. */
  #apply(frame: Frame): void {
    if (frame.type === "snapshot") {
      const { messages, seq, earlier = 0 } = frame;
      this.#replica = stateOf({ messages }, seq).with({ earlier });
    } else if (frame.type === "changes" && frame.from === this.#replica?.seq) {
      this.#replica = apply(this.#replica, frame);
    }
  }
}

const vector = (name: string, { steps, isCompact }: CompressedStream) => ({
  name,
  ...(isCompact && { compact: true }),
  steps,
});
const patch = (id: string, ...parts: PartChanges) =>
  ({ type: "message_patch", id, parts }) as const;
/** A patch that no short form can carry: it states the status, too. */
const marked = (id: string, ...parts: PartChanges) =>
  ({ ...patch(id, ...parts), status: "streaming" }) as const;
const splice = (
  part: string,
  offset: number,
  removed: number,
  by: string,
): PartChanges[number] => ({
  type: "text_splice",
  part,
  splices: [{ changed_offset: offset, removed, text: by }],
});
const append = (part: string, by: string) => splice(part, END, 0, by);
const stream = (part: string, path: string, offset: number, by: string): PartChanges[number] => ({
  type: "json_patch",
  part,
  operations: [{ op: "splice", path, changed_offset: offset, removed: 0, text: by }],
});

const SENTENCE = "Deltas are sent, not documents. ";
const AGAIN = "Not documents: deltas are sent. ";
const one = () => new CompressedStream([message("m", text("t", SENTENCE))]).join(false);

const severalParts = new CompressedStream([
  message("m", text("t", SENTENCE), text("u", "The other part. "), json("j", { s: "", done: [] })),
])
  .join(false)
  .send(patch("m", append("t", "The other part grows, ")))
  .send(patch("m", append("t", "and this one grows. ")))
  .send(patch("m", append("u", AGAIN)))
  .send(patch("m", append("t", "é漢😀 grows."), append("u", "The other part grows.")))
  .send(patch("m", append("t", " And so on."), append("u", " And so on, and on.")))
  .send(patch("m", stream("j", "/s", 0, "this one grows, and on")))
  .send(patch("m", stream("j", "/s", 22, " and on. Deltas are sent")))
  .plain(patch("m", append("t", "!")));

const backEdits = one()
  .send(patch("m", splice("t", 0, 6, "Differences")))
  .send(patch("m", append("t", "Differences are sent")))
  .plain(patch("m", splice("t", 0, 11, "Deltas")))
  .send(patch("m", append("t", ", Deltas are sent, not differences.")));

const removals = new CompressedStream([
  message("m", text("t", SENTENCE), text("u", AGAIN)),
  message("n", text("t", "Another message is here. ")),
])
  .join(true)
  .send(patch("m", { type: "part_removed", part: "t" }))
  .send(patch("n", append("t", AGAIN)))
  .send({ type: "message_removed", id: "m" })
  .send(patch("n", append("t", "Another message is here. ")))
  .send({
    type: "message_added",
    id: "m",
    generation: 1,
    role: "r",
    parts: [text("t", `Another message is here. ${SENTENCE}`)],
  })
  .send(patch("m", append("t", "Another message is here. ")));

const windowed = new CompressedStream([
  message("m", text("t", SENTENCE.repeat(4))),
  message("n", text("t", "Another message is here. ".repeat(12))),
])
  .join(true, 1)
  .restate(true)
  .plain(patch("n", append("t", "Another message is here. ")))
  .plain(patch("m", append("t", SENTENCE)));

const recent = new CompressedStream([message("m", text("t", SENTENCE), text("u", "Other. "))])
  .join(false)
  .plain(marked("m", append("t", "One "), append("u", "Two ")))
  .send(marked("m", append("t", "One "), append("u", "Two ")))
  .catchUp(3, [marked("m", append("t", "Three "))])
  .send(marked("m", append("t", "One "), append("u", "Two ")))
  .join(true)
  .send(marked("m", append("t", "One "), append("u", "Two ")))
  .join(false)
  .forget()
  .send(marked("m", append("t", "One "), append("u", "Two ")))
  .send(patch("m", append("t", "One "), append("u", "Two ")))
  .plain(patch("m", append("t", "Two "), append("u", "One ")))
  .send(patch("m", append("t", "One "), append("u", "Two ")))
  .plain(patch("m", append("t", letters(320)), append("u", "Two ")))
  .send(marked("m", append("t", "One "), append("u", "Two ")))
  .plain(
    marked("m", append("t", "Many: ")),
    ...Array.from({ length: 16 }, () => patch("m", append("u", "Two "))),
  )
  .send(marked("m", append("t", "One "), append("u", "Two ")));

const versions = one()
  .send(patch("m", append("t", SENTENCE)))
  .lose(patch("m", append("t", AGAIN)))
  .send(patch("m", append("t", SENTENCE)))
  .join(true)
  .unapplied(patch("m", append("t", AGAIN)))
  .send(patch("m", append("t", SENTENCE)))
  .send(patch("m", append("t", SENTENCE)))
  .join(true)
  .send(patch("m", append("t", SENTENCE)));

const call = (id: string, at: string): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "tool",
  parts: [json("j", { tool_call: "read_file", arguments: { path: SENTENCE }, started_at: at })],
});
const compactCalls = () =>
  new CompressedStream([message("m", text("t", SENTENCE), text("u", "Other. "))], 1, true).join(
    true,
  );

/** Compact values in compressed forms: tuples, statements, and what is plain beside them. */
const compact = compactCalls()
  .send(call("a", "2026-11-21T19:30:00Z"))
  .send(call("b", "2026-11-21T19:30:01.250Z"))
  .send(marked("m", append("t", SENTENCE)))
  .send(call("c", "soon"), patch("m", append("t", AGAIN)))
  .catchUp(5, [call("d", "2026-11-21T19:30:02Z")])
  .send(call("e", "2026-11-21T19:30:03Z"))
  .lose(call("f", "2026-11-21T19:30:04Z"))
  .send(call("g", "2026-11-21T19:30:05Z"))
  .join(true)
  .send(call("h", "2026-11-21T19:30:06Z"))
  .send(patch("m", append("t", SENTENCE), append("u", SENTENCE)));

/** Each behind a key `status` with the number 0: what a reader of compact values refuses. */
const compactFailures = (
  Object.entries({
    "a number that no key has": [0xd6, 0x83, stored(bytesOf("92039300a0810501"))],
    "a version that is not the next": [0xd6, 0x89, stored(bytesOf("92039300a0810001"))],
    "a compact form of another kind": [0xd5, 0x83, 0, stored(utf8.encode("a"))],
    "a leap as a statement": [0xd7, stored(bytesOf("940d02049202a16d"))],
    "a compact live frame as a statement": [0xd7, stored(bytesOf("9308039202a16d"))],
    "a timestamp in tuples that are not compact": [0xd6, 3, stored(bytesOf("9202d6ff00000000"))],
  }) as [string, (number | Uint8Array)[]][]
).map(([name, pieces]) =>
  vector(
    `compact: ${name}`,
    compactCalls()
      .send({
        type: "channel_patch",
        attributes: [{ op: "add", path: "", value: { status: 1 } }],
      })
      .read(...pieces),
  ),
);

/** One stream for each message that fails: it leaves the context lost. */
const failures = (
  Object.entries({
    "nothing behind the first byte": [0xd4],
    "no stream": [0xd5, 2, 0],
    "a version with its high bit": [0xd4, 0x82, deflate(NONE)],
    "a stream that ends too early": [0xd5, 2, 0, deflate(utf8.encode("Deltas")).slice(0, -1)],
    "a byte behind the stream": [0xd5, 2, 0, deflate(utf8.encode("Deltas")), 0],
    "two streams": [0xd5, 2, 0, deflate(utf8.encode("a")), deflate(utf8.encode("b"))],
    "a block of no type": [0xd5, 2, 0, 7, 0],
    "a copy from before the dictionary": [
      0xd5,
      2,
      0,
      deflate(utf8.encode("unknown"), utf8.encode(`unknown${SENTENCE}`)),
    ],
    "stored bytes without the complement of their length": [0xd5, 2, 0, 1, 1, 0, 1, 0, 97],
    "text that is no UTF-8": [0xd5, 2, 0, stored(bytesOf("c328"))],
    "an append to no part": [0xd4, 2, stored(utf8.encode("x"))],
    "an ordinal that no part has": [0xd5, 2, 9, stored(utf8.encode("x"))],
    "an ordinal that does not end": [0xd5, 2, 0x80],
    "tuples that end too early": [0xd6, 2, stored(bytesOf("930c00a161930c00"))],
    "something that is no tuple": [0xd6, 2, stored(pack(0))],
    "more than max_frame_bytes": [0xd6, 2, zeros(65_029)],
    "a text of more than max_frame_bytes": [0xd5, 2, 0, zeros(65_029)],
    "a statement of nothing": [0xd7, stored(NONE)],
    "a live frame as a statement": [0xd7, stored(bytesOf("930002930c00a161"))],
    "an append as a statement": [0xd7, stored(bytesOf("0261"))],
    "a select as a statement": [0xd7, stored(bytesOf("930300a163"))],
    "a compressed form as a statement": [0xd7, stored(bytesOf("d40203"))],
    "a statement of more than max_frame_bytes": [0xd7, zeros(65_029)],
    "recent bytes that are no bin": [0xd7, stored(bytesOf("97010102c0939090c090a161"))],
    "more than 8,192 recent bytes": [
      0xd7,
      stored(Uint8Array.from([...bytesOf("97010102c0939090c090c52001"), ...new Uint8Array(8193)])),
    ],
  }) as [string, (number | Uint8Array)[]][]
).map(([name, pieces]) => vector(name, one().read(...pieces)));

/** Arrays whose header is not the shortest are read all the same. */
const wide = one()
  .read(bytesOf("dd0000000300"), 2, bytesOf("930c00a461626364"))
  .read(0xd6, 3, deflate(bytesOf("930c00a461626364"), utf8.encode(`${SENTENCE}abcd`)));

/** A client that has a context, and no replica: it never asked. */
const nothingHeld = new CompressedStream([message("m", text("t", SENTENCE))])
  .restate(true)
  .send(patch("m", append("t", SENTENCE)));

/** Other streams than a simple deflater makes. */
const streams = [
  vector("stored bytes", one().read(0xd5, 2, 0, stored(utf8.encode(SENTENCE)))),
  vector(
    "several blocks",
    one().read(0xd5, 2, 0, bytesOf("000300fcff616263"), deflate(utf8.encode("def"))),
  ),
  vector("codes of its own", one().read(0xd5, 2, 0, zeros(4))),
  vector("an empty text", one().read(0xd5, 2, 0, deflate(NONE))),
  vector(
    "a copy across the end of the dictionary",
    one().read(0xd5, 2, 0, deflate(utf8.encode(" . . . . . "), utf8.encode(SENTENCE))),
  ),
];

/** What a client makes of a server's messages, compressed forms among them. */
export const compressedStreams: readonly object[] = [
  vector("several parts grow", severalParts),
  vector("after back-edits", backEdits),
  vector("after removals, and a message begun anew", removals),
  vector("a windowed join gets plain forms", windowed),
  vector("recent bytes: plain, compressed, stated, forgotten, cut", recent),
  vector("a frame is missing, or was not applied", versions),
  vector("recent bytes of an array with a long header", wide),
  vector("no replica", nothingHeld),
  vector("compact values in compressed forms", compact),
  ...compactFailures,
  ...streams,
  ...failures,
];
