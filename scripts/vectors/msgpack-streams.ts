import { type ChannelState, CodecContext, snapshotFrames } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type MessageSnapshot,
} from "@deltawire/spec";
import {
  type ContextFrame,
  encodeCatchUp,
  encodeInContext,
} from "../../packages/protocol/src/msgpack-codec.js";
import { decodeInContext } from "../../packages/protocol/src/msgpack-reader.js";
import { stateOf } from "./algebra.js";
import { base64, plainFrame } from "./plain.js";

export const CHANNEL = "c";
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** A context as the vectors state it; of one that is lost nothing else counts. */
export const plainContext = (context: CodecContext): object => {
  if (context.lost) return { lost: true };
  const { seq, names, cursor } = context;
  const parts = [...context.parts].map(({ ordinal, message, part, length, tip }) => [
    ordinal,
    message,
    part,
    length ?? null,
    ...(tip ? [tip.path, tip.offset] : []),
  ]);
  return { lost: false, seq, names: names.stated, cursor: cursor?.ordinal ?? null, parts };
};

export const errorOf = (error: unknown): { code: string } => {
  if (!(error instanceof DeltawireError)) throw error;
  return { code: error.code };
};

export type Step = Readonly<Record<string, unknown>>;

/** One direction of a connection: writes its messages, and says what a reader makes of each. */
class Stream {
  readonly steps: Step[] = [];
  #writer: CodecContext;
  readonly #reader: CodecContext;

  /** The writer's context, as it was at the beginning. */
  readonly writer: object;

  constructor(writer: CodecContext, reader: CodecContext) {
    this.writer = plainContext(writer);
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Written and read. */
  send(frame: ContextFrame): this {
    const bytes = encodeInContext(this.#writer, frame);
    return this.#read(bytes, { encode: plainFrame(frame) });
  }

  /** Written as a catch-up that states a context made from a state, and read. */
  resume(frame: ChangesFrame, after: readonly MessageSnapshot[]): this {
    const context = CodecContext.of(stateOf({ messages: after }, frame.to));
    const bytes = encodeCatchUp(context, frame);
    this.#writer = context;
    seq = frame.to;
    return this.#read(bytes, { encode: plainFrame(frame), after: base64({ messages: after }) });
  }

  /** Written as a catch-up that states the writer's context, which has seen it, and read. */
  restate(frame: ChangesFrame): this {
    return this.#read(encodeCatchUp(this.#writer, frame), {});
  }

  /** Written in a context that is not the stream's, and read. */
  sendApart(context: CodecContext, frame: ContextFrame): this {
    return this.#read(encodeInContext(context, frame), {});
  }

  /** Written, and lost on the way. */
  lose(frame: ContextFrame): this {
    const hex = hexOf(encodeInContext(this.#writer, frame));
    this.steps.push({ hex, encode: plainFrame(frame), missing: true });
    return this;
  }

  /** Read, whoever has written it. */
  read(hex: string): this {
    return this.#read(bytesOf(hex), {});
  }

  #read(bytes: Uint8Array, step: Step): this {
    let outcome: Step;
    try {
      const frame = decodeInContext(this.#reader, CHANNEL, bytes);
      outcome = { frame: frame ? plainFrame(frame) : null };
    } catch (error) {
      outcome = { error: errorOf(error) };
    }
    this.steps.push({
      hex: hexOf(bytes),
      ...step,
      ...outcome,
      context: plainContext(this.#reader),
    });
    return this;
  }
}

const lost = (): CodecContext => Object.assign(new CodecContext(), { lost: true });
const snapshots = (state: ChannelState) => [...snapshotFrames(CHANNEL, state, 1)];

let seq = 0;
const changes = (...list: Change[]): ChangesFrame => {
  seq += 1;
  return { type: "changes", channel: CHANNEL, from: seq - 1, to: seq, changes: list };
};
type PartChanges = NonNullable<Extract<Change, { type: "message_patch" }>["parts"]>;
const patch = (id: string, ...parts: PartChanges): ChangesFrame =>
  changes({ type: "message_patch", id, parts });
const append = (part: string, offset: number, text: string): PartChanges[number] => ({
  type: "text_splice",
  part,
  splices: [{ changed_offset: offset, removed: 0, text }],
});
const text = (id: string, content = "") => ({ id, kind: "text", text: content }) as const;
const open = (id: string, ...parts: MessageSnapshot["parts"]): MessageSnapshot => ({
  id,
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts,
});
const added = (id: string, ...parts: MessageSnapshot["parts"]): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "assistant",
  parts,
});

/** A stream downward that begins with the snapshot of a state. */
function down(messages: readonly MessageSnapshot[], at: number): Stream {
  seq = at;
  const state = stateOf({ messages }, at);
  const stream = new Stream(CodecContext.of(state), lost());
  for (const frame of snapshots(state)) stream.send(frame);
  return stream;
}

/** A stream upward: a fresh context on both sides, from the version that `producing` stated. */
function up(at: number): Stream {
  seq = at;
  return new Stream(new CodecContext(at), new CodecContext(at));
}

interface Vector {
  readonly name: string;
  readonly direction: "up" | "down";
  readonly start: number;
  readonly writer: object;
  readonly steps: readonly Step[];
}

const vector = (name: string, direction: "up" | "down", start: number, stream: Stream): Vector => ({
  name,
  direction,
  start,
  writer: stream.writer,
  steps: stream.steps,
});

function everyTuple(): Stream {
  const stream = up(0).send(
    changes({
      ...(added("m", text("t", "a"), { id: "j", kind: "json", value: { s: "" } }) as Extract<
        Change,
        { type: "message_added" }
      >),
      kind: "reply",
      attributes: { a: 1 },
      origin: "p",
    }),
  );
  stream.send(
    patch("m", {
      type: "part_inserted",
      content: { id: "b", kind: "bytes", bytes: Uint8Array.of(0, 255) },
    }),
  );
  stream.send(patch("m", { type: "part_inserted", content: text("u"), before: "j" }));
  stream.send(patch("m", append("t", 1, "bc")));
  stream.send(patch("m", append("t", 3, "d")));
  stream.send(patch("m", append("u", 0, "漢")));
  stream.send(patch("m", append("t", 4, "e"), append("u", 1, "字")));
  stream.send(
    patch("m", {
      type: "text_splice",
      part: "t",
      splices: [
        { changed_offset: 0, removed: 1, text: "A" },
        { changed_offset: 5, removed: 0, text: "!" },
      ],
    }),
  );
  for (let i = 0; i < 2; i++) {
    stream.send(
      patch("m", {
        type: "json_patch",
        part: "j",
        operations: [
          { op: "add", path: "/status", value: "running" },
          { op: "splice", path: "/s", changed_offset: i, removed: 0, text: "x" },
          { op: "replace", path: "/status", value: [null, true, -1.5, { k: 1e21 }] },
          { op: "remove", path: "/status" },
        ],
      }),
    );
  }
  stream.send(
    patch("m", { type: "bytes_patch", part: "b", trimmed: 1, appended: Uint8Array.of(7) }),
  );
  stream.send(
    changes({
      type: "message_patch",
      id: "m",
      attributes: [{ op: "add", path: "/b", value: 2 }],
      status: "interrupted",
      origin: "q",
    }),
  );
  const whole = { id: "b2", kind: "bytes", bytes: Uint8Array.of(1) } as const;
  const base = Uint8Array.of(2, 3);
  for (const head of [{ start: 300 }, { base }, { start: 0, base: Uint8Array.of() }]) {
    stream.send(patch("m", { type: "part_inserted", content: { ...whole, ...head } }));
    stream.send(patch("m", { type: "part_removed", part: "b2" }));
  }
  for (const rest of [{ base }, { skipped: 70_000 }, { base: Uint8Array.of(), skipped: 0 }]) {
    const appended = Uint8Array.of(8);
    stream.send(patch("m", { type: "bytes_patch", part: "b", trimmed: 2, appended, ...rest }));
  }
  stream.send(patch("m", { type: "part_removed", part: "u" }));
  stream.send(
    changes({ type: "channel_patch", attributes: [{ op: "add", path: "/title", value: "x" }] }),
  );
  stream.send(changes(added("n", text("t")), { type: "message_removed", id: "n" }));
  stream.send(
    changes({
      type: "message_completed",
      id: "m",
      status: "failed",
      error: { code: "model", message: "no" },
      digests: [
        { part: "t", length: 6, crc32: 0 },
        { part: "b", length: 2, crc32: 4294967295 },
      ],
    }),
  );
  return stream.send(changes({ type: "channel_closed", reason: "over" }));
}

function names(): Stream {
  const stream = up(0);
  stream.send(
    changes({
      ...(added("m", { id: "j", kind: "json", value: {} }) as Extract<
        Change,
        { type: "message_added" }
      >),
      role: "x",
    }),
  );
  // Far enough for numbers to begin again.
  for (let i = 0; i < 131; i++) {
    stream.send(
      patch("m", {
        type: "json_patch",
        part: "j",
        operations: [{ op: "add", path: `/${i}`, value: i }],
      }),
    );
  }
  stream.send(
    patch("m", {
      type: "json_patch",
      part: "j",
      operations: [
        { op: "remove", path: "/75" },
        { op: "remove", path: "/130" },
        { op: "remove", path: "/76" },
      ],
    }),
  );
  return stream;
}

function longNames(): Stream {
  const stream = up(0).send(changes(added("m", { id: "j", kind: "json", value: {} })));
  const add = (path: string) => {
    const operation = { op: "add", path, value: 0 } as const;
    stream.send(patch("m", { type: "json_patch", part: "j", operations: [operation] }));
  };
  for (const length of [1500, 600, 530, 20]) add(`/${"é".repeat(length / 2)}`);
  // Too long by one: nothing is forgotten for it. Then as long as all may be: everything is.
  add(`/${"p".repeat(2048)}`);
  add(`/${"é".repeat(10)}`);
  add(`/${"p".repeat(2047)}`);
  add(`/${"q".repeat(1023)}`);
  add(`/${"r".repeat(1023)}`);
  return stream;
}

/** Paths that begin with a name that is known: the longest counts, up to a slash. */
function paths(): Stream {
  const value = { calls: { a: {}, b: {} } };
  const stream = up(0).send(changes(added("m", { id: "j", kind: "json", value })));
  const add = (path: string) => {
    const operation = { op: "add", path, value: {} } as const;
    stream.send(patch("m", { type: "json_patch", part: "j", operations: [operation] }));
  };
  const list = ["/calls", "/calls/a/x", "/calls/a", "/calls/a/y", "/calls/ab", "/calls/a/y/z"];
  for (const path of [...list, ...list]) add(path);
  stream.send(changes({ ...added("n"), role: "/calls/a/role" } as Change));
  stream.send({ type: "changes", channel: CHANNEL, from: 0, to: seq, request: 2, changes: [] });
  add("/calls/a/y/z/0");
  return stream;
}

function manyParts(): Stream {
  const parts = Array.from({ length: 200 }, (_, i) => text(`p${i}`));
  const stream = down([open("m", ...parts)], 125);
  stream.send(patch("m", append("p127", 0, "a")));
  stream.send(patch("m", append("p128", 0, "b")));
  stream.send(patch("m", append("p128", 1, "c")));
  return stream.send(patch("m", append("p0", 0, "d")));
}

function gap(): Stream {
  const state = stateOf({ messages: [open("m", text("t", "a"))] }, 5);
  seq = 5;
  const writer = CodecContext.of(state);
  const stream = new Stream(writer, lost());
  for (const frame of snapshots(state)) stream.send(frame);
  stream.send(patch("m", append("t", 1, "b")));
  stream.lose(patch("m", append("t", 2, "c")));
  stream.send(patch("m", append("t", 3, "d")));
  // As many more as make the next version look right: still nothing counts.
  for (let i = 4; i < 4 + 126; i++) stream.lose(patch("m", append("t", i, "e")));
  stream.send(patch("m", append("t", 130, "f")));
  stream.send({
    type: "checkpoint",
    channel: CHANNEL,
    seq,
    message: "m",
    part: "t",
    length: 131,
    crc32: 1,
  });
  stream.send({
    type: "changes",
    channel: CHANNEL,
    from: 6,
    to: seq,
    request: 2,
    changes: [{ type: "message_patch", id: "m", parts: [append("t", 2, "c…")] }],
  });
  stream.send(patch("m", append("t", 131, "g")));
  stream.send({
    type: "checkpoint",
    channel: CHANNEL,
    seq,
    message: "m",
    part: "t",
    length: 132,
    crc32: 7,
  });
  return stream.send({
    type: "changes",
    channel: CHANNEL,
    from: seq,
    to: seq,
    request: 3,
    changes: [],
  });
}

/** Where the cursor goes, and what takes it away: its part's end, however that comes. */
function cursor(): Stream {
  const json = { id: "j", kind: "json", value: {} } as const;
  const stream = down([open("m", text("t", "a"), text("u", "x"), json), open("n", text("t"))], 20);
  stream.send(patch("m", append("t", 1, "b")));
  stream.send(patch("m", append("t", 2, "c")));
  stream.send(
    patch("m", {
      type: "json_patch",
      part: "j",
      operations: [{ op: "add", path: "/a", value: 1 }],
    }),
  );
  stream.send(
    patch("m", {
      type: "text_splice",
      part: "u",
      splices: [{ changed_offset: 0, removed: 1, text: "X" }],
    }),
  );
  stream.send(patch("m", append("t", 3, "d")));
  stream.send(patch("m", append("u", 1, "y"), append("t", 4, "e")));
  stream.send(patch("m", append("t", 5, "")));
  stream.send(patch("m", { type: "part_removed", part: "u" }));
  stream.send(patch("m", append("t", 5, "f")));
  stream.send(patch("m", { type: "part_removed", part: "t" }));
  stream.send(patch("m", { type: "part_inserted", content: text("t", "😀"), before: "j" }));
  stream.send(patch("m", append("t", 2, "g")));
  // Stated anew: its parts get other numbers.
  stream.send(changes(added("m", text("t", "h"), json)));
  stream.send(patch("m", append("t", 1, "i")));
  const completed = { type: "message_completed", id: "m", status: "completed" } as const;
  stream.send(changes({ ...completed, digests: [{ part: "t", length: 2, crc32: 0xd8932aac }] }));
  stream.send(patch("n", append("t", 0, "j")));
  stream.send(changes({ type: "message_removed", id: "n" }));
  stream.send(changes({ ...added("m", text("t")), generation: 1 } as Change));
  return stream.send(patch("m", append("t", 0, "k")));
}

/** A string that streams inside a JSON part: where its appends go on, and what ends that. */
function tips(): Stream {
  const json = (id: string) => ({ id, kind: "json", value: { a: "", b: ["x"] } }) as const;
  const stream = down([open("m", json("j"), json("k"), text("t"))], 40);
  const splice = (part: string, path: string, offset: number, added: string, removed = 0) =>
    ({
      type: "json_patch",
      part,
      operations: [{ op: "splice", path, changed_offset: offset, removed, text: added }],
    }) as const;
  stream.send(patch("m", splice("j", "/a", 0, "漢")));
  stream.send(patch("m", splice("j", "/a", 1, "😀")));
  stream.send(patch("m", splice("j", "/a", 3, "c")));
  stream.send(patch("m", append("t", 0, "between")));
  stream.send(patch("m", splice("j", "/a", 4, "d")));
  stream.send(patch("m", splice("k", "/b/0", 1, "y"), splice("j", "/a", 5, "e")));
  stream.send(patch("m", splice("k", "/b/0", 2, "z")));
  stream.send(patch("m", splice("j", "/a", 0, "f")));
  stream.send(patch("m", splice("j", "/a", 1, "")));
  stream.send(patch("m", splice("j", "/a", 1, "g", 1)));
  stream.send(patch("m", splice("j", "/a", 2, "h")));
  stream.send(patch("m", splice("j", "/b/0", 0, "i")));
  const replace = { op: "replace", path: "/a", value: "" } as const;
  const one = { op: "splice", path: "/a", changed_offset: 0, removed: 0, text: "k" } as const;
  stream.send(patch("m", { type: "json_patch", part: "j", operations: [replace] }));
  stream.send(patch("m", { type: "json_patch", part: "j", operations: [one, replace] }));
  stream.send(patch("m", { type: "json_patch", part: "j", operations: [replace, one] }));
  stream.send(patch("m", splice("j", "/a", 1, "l")));
  // Stated with the context, as long as their paths are short.
  const from = seq;
  stream.send({ type: "changes", channel: CHANNEL, from: 0, to: from, request: 2, changes: [] });
  stream.send(patch("m", splice("j", "/a", 2, "m")));
  const messages = [open("m", json("j"), json("k"), text("t", "between"))];
  const head = { type: "snapshot", channel: CHANNEL, request: 3, epoch: "e", seq } as const;
  stream.send({ ...head, messages });
  stream.send(patch("m", splice("k", "/b/0", 3, "n")));
  stream.send(patch("m", splice("j", `/${"p".repeat(256)}`, 0, "o")));
  stream.send(patch("m", splice("j", `/${"p".repeat(256)}`, 1, "q")));
  stream.send(patch("m", { type: "part_removed", part: "k" }));
  return stream.send(patch("m", append("t", 7, "!")));
}

/** Appends to several parts in one frame: of one message and of two, to texts and to tips. */
function appends(): Stream {
  const json = { id: "j", kind: "json", value: { a: "" } } as const;
  const stream = down(
    [open("m", text("t", "a"), text("u"), json), open("n", text("t", "😀"))],
    126,
  );
  const splice = (offset: number, added: string) =>
    ({
      type: "json_patch",
      part: "j",
      operations: [{ op: "splice", path: "/a", changed_offset: offset, removed: 0, text: added }],
    }) as const;
  const patchOf = (id: string, ...parts: PartChanges): Change => ({
    type: "message_patch",
    id,
    parts,
  });
  stream.send(patch("m", append("t", 1, "b"), append("u", 0, "漢")));
  stream.send(patch("m", splice(0, "x")));
  stream.send(
    changes(
      patchOf("m", splice(1, ""), append("u", 1, "c".repeat(128))),
      patchOf("n", append("t", 2, "y")),
    ),
  );
  stream.send(patch("n", append("t", 3, "z")));
  // Of one message, then another, then the first again: three patches.
  stream.send(
    changes(
      patchOf("m", append("t", 2, "1")),
      patchOf("n", append("t", 4, "2")),
      patchOf("m", append("u", 129, "3")),
    ),
  );
  // Twice to one part, and an append beside something else: tuples.
  stream.send(patch("m", append("t", 3, "4"), append("t", 4, "5")));
  stream.send(patch("m", append("t", 5, "6"), { type: "part_removed", part: "j" }));
  // No writer makes these; a reader takes them.
  stream.read("c706").read("c707000137000138");
  return stream;
}

/** Ordinals on both sides of each length that LEB128 has; a catch-up states them. */
function largeOrdinals(): Stream {
  seq = 1000;
  const ordinals = [0, 127, 128, 16_383, 16_384, 2_097_152, 268_435_456];
  const writer = new CodecContext();
  for (const ordinal of ordinals) writer.bind(ordinal, "m", `p${ordinal}`, 1);
  writer.names.intern("assistant");
  writer.cursor = writer.at(16_384);
  const stream = new Stream(new CodecContext(), lost());
  const write = (frame: ContextFrame): void => {
    stream.read(hexOf(encodeInContext(writer, frame)));
  };
  write({ type: "changes", channel: CHANNEL, from: 990, to: 1000, request: 1, changes: [] });
  write(patch("m", append("p16384", 1, "a")));
  for (const ordinal of ordinals) write(patch("m", append(`p${ordinal}`, 1, "b")));
  write(patch("m", { type: "part_inserted", content: text("next", "c") }));
  return stream;
}

function chunked(): Stream {
  const head = { type: "snapshot", channel: CHANNEL, request: 1, epoch: "e", seq: 9 } as const;
  const messages = [
    { ...open("m", text("t", "ab"), text("u", "x")), attributes: { a: 1 }, origin: "p" },
    { ...open("n", { id: "j", kind: "json" as const, value: [] }), kind: "k" },
    { ...open("o", text("t", "done")), status: "completed" as const },
    { ...open("f"), status: "failed" as const, error: { code: "model" } },
  ];
  const context = CodecContext.of(stateOf({ messages }, 9));
  context.names.intern("assistant");
  context.cursor = context.find("m", "t");
  const [m, ...others] = messages;
  const { parts: _, ...first } = m as MessageSnapshot;
  seq = 9;
  const stream = new Stream(context, lost());
  stream.send({
    ...head,
    more: true,
    attributes: { title: "x" },
    closed: { reason: "r" },
    messages: [{ ...first, parts: [text("t", "a")] }],
  });
  stream.send({
    ...head,
    messages: [{ ...first, parts: [text("t", "b"), text("u", "x")] }, ...others],
  });
  return stream.send(patch("m", append("t", 2, "c")));
}

/** A producer comes back: what its frames were numbered by is stated anew, with what they lead to. */
function resumed(): Stream {
  const json = { id: "j", kind: "json", value: { n: 1 } } as const;
  const bytes = { id: "b", kind: "bytes", bytes: Uint8Array.of(1) } as const;
  const stream = up(7);
  stream.resume(
    {
      type: "changes",
      channel: CHANNEL,
      from: 7,
      to: 9,
      changes: [
        {
          type: "message_patch",
          id: "m",
          parts: [append("t", 1, "b😀"), { type: "part_inserted", content: bytes, before: "j" }],
        },
        added("n", text("t")),
      ],
    },
    [
      open("m", text("t", "ab😀"), bytes, json),
      { ...open("o", text("t", "over")), status: "completed" },
      open("n", text("t")),
    ],
  );
  stream.send(patch("m", append("t", 4, "c")));
  stream.send(patch("m", append("t", 5, "d")));
  stream.send(patch("n", append("t", 0, "e")));
  stream.send(
    patch("m", {
      type: "json_patch",
      part: "j",
      operations: [{ op: "add", path: "/status", value: "run" }],
    }),
  );
  stream.send(patch("m", { type: "part_inserted", content: text("u", "f") }));
  stream.send(patch("m", append("u", 1, "g")));
  // Again, by one version: what looks like a live frame is a catch-up too.
  const after = [open("m", text("t", "ab😀cdh")), open("n", text("t", "e"))];
  const { from, to, changes: list } = patch("m", append("t", 6, "h"));
  stream.resume({ type: "changes", channel: CHANNEL, from, to, changes: list }, after);
  return stream.send(patch("n", append("t", 1, "i")));
}

const WINDOW = [
  { ...open("a", text("t", "done")), status: "completed" as const },
  open("b", text("t", "before"), text("u", "x")),
  open("c", text("t", "in")),
];

/** The channel's context has parts of messages before the window: a catch-up states them. */
function windowed(): Stream {
  const state = stateOf({ messages: WINDOW }, 50);
  const context = CodecContext.of(state);
  context.names.intern("assistant");
  context.cursor = context.find("b", "t");
  const stream = new Stream(context, lost());
  for (const chunk of snapshotFrames(CHANNEL, state, 1, undefined, 1)) {
    stream.sendApart(CodecContext.of(state), chunk);
  }
  stream.send({ type: "changes", channel: CHANNEL, from: 50, to: 50, request: 1, changes: [] });
  seq = 50;
  stream.send(patch("b", append("t", 6, "!")));
  stream.send(patch("c", append("t", 2, "side")));
  return stream.send(
    changes({ type: "message_patch", id: "b", parts: [{ type: "part_removed", part: "u" }] }),
  );
}

/** A slow consumer: composed live frames, then a snapshot again, in chunks that are sent late. */
function slow(): Stream {
  const stream = down([open("m", text("t", "a")), open("n", text("t"))], 5);
  stream.send(patch("m", append("t", 1, "b")));
  const state = stateOf(
    { messages: [open("m", text("t", "abcd")), open("n", text("t", "xyz"))] },
    8,
  );
  for (const [id, offset, content] of [
    ["m", 2, "cd"],
    ["n", 0, "xyz"],
  ] as const) {
    stream.lose(patch(id, append("t", offset, content)));
  }
  stream.send({
    type: "changes",
    channel: CHANNEL,
    from: 6,
    to: 8,
    changes: [
      { type: "message_patch", id: "m", parts: [append("t", 2, "cd")] },
      { type: "message_patch", id: "n", parts: [append("t", 0, "xyz")] },
    ],
  });
  stream.send(patch("n", append("t", 3, "1")));
  const pinned = CodecContext.of(state);
  const chunks = [...snapshotFrames(CHANNEL, state, 1, 3)];
  for (const [i, chunk] of chunks.entries()) {
    stream.sendApart(pinned, chunk);
    if (i < 2) stream.lose(patch("m", append("t", 4 + i, "!")));
  }
  stream.restate({
    type: "changes",
    channel: CHANNEL,
    from: 8,
    to: seq,
    changes: [
      { type: "message_patch", id: "n", parts: [append("t", 3, "1")] },
      { type: "message_patch", id: "m", parts: [append("t", 4, "!!")] },
    ],
  });
  stream.send(patch("m", append("t", 6, "?")));
  // The same snapshot once more, whole: a first chunk, whatever its numbers are.
  const again = stateOf({ messages: [open("m", text("t", "abcd!!?"))] }, 12);
  stream.sendApart(CodecContext.of(again), [...snapshotFrames(CHANNEL, again, 1)][0]!);
  return stream.sendApart(CodecContext.of(again), [...snapshotFrames(CHANNEL, again, 1)][0]!);
}

/** Messages that are complete at birth, and a channel that has failed: no numbers, no digests. */
function complete(): Stream {
  const stream = down([open("m", text("t", "a"))], 60);
  const event = (id: string, ended: Partial<MessageSnapshot> = {}): Change => ({
    ...(added(id, text("t", "x"), { id: "j", kind: "json", value: { n: 1 } }) as Extract<
      Change,
      { type: "message_added" }
    >),
    role: "event",
    status: "completed",
    ...(ended as object),
  });
  stream.send(changes(event("e1")));
  stream.send(changes(event("e2", { kind: "joined" }), event("e3", { kind: "joined" })));
  stream.send(changes(event("e4", { status: "failed", error: { code: "model" } })));
  const error = { code: "model", message: "no" };
  stream.send(changes(event("e5", { status: "failed", error })));
  stream.send(changes(event("e6", { status: "cancelled" })));
  stream.send(changes(added("n", text("t")), event("e7"), added("o", text("t"))));
  stream.send(patch("n", append("t", 0, "b")));
  // The content and the end of a message that is open.
  stream.send(changes({ ...event("m"), role: "assistant" } as Change));
  stream.send(patch("o", append("t", 0, "c")));
  return stream.send(changes({ type: "channel_closed", error }));
}

/** The ends that a channel may come to, in a tuple and in a snapshot. */
function closures(): Stream {
  const error = { code: "timeout", message: "30 s" };
  const ends = [
    {},
    { reason: "" },
    { reason: "over" },
    { error },
    { reason: "over", error: { code: "no" } },
  ];
  const stream = up(0);
  for (const end of ends) stream.send(changes({ type: "channel_closed", ...end }));
  const head = { type: "snapshot", channel: CHANNEL, request: 1, epoch: "e" } as const;
  for (const closed of ends) stream.send({ ...head, seq, closed, messages: [] });
  return stream;
}

/** Frames that go over versions: in the context that live frames have, and by its rule. */
function leaps(): Stream {
  const stream = down([open("m", text("t", "a"))], 100);
  const leap = (steps: number, ...list: Change[]): ChangesFrame => {
    seq += steps;
    return { type: "changes", channel: CHANNEL, from: seq - steps, to: seq, changes: list };
  };
  const grow = (offset: number, added: string): Change => ({
    type: "message_patch",
    id: "m",
    parts: [append("t", offset, added)],
  });
  stream.send(patch("m", append("t", 1, "b")));
  stream.send(leap(2, grow(2, "c")));
  stream.send(patch("m", append("t", 3, "d")));
  stream.send(leap(25)); // to 129
  stream.send(leap(127, { ...added("n", text("t")), kind: "reply" } as Change, grow(4, "e")));
  stream.send(leap(128, grow(5, "f")));
  stream.send(leap(70_000, { type: "message_removed", id: "n" }));
  stream.send(leap(2 ** 40, grow(6, "g")));
  stream.lose(leap(3, grow(7, "h")));
  stream.send(leap(2, grow(8, "i")));
  return stream.send(patch("m", append("t", 9, "j")));
}

/** Numbers in more bytes than they need: a reader takes up to five. */
function longNumbers(): Stream {
  const stream = down([open("m", text("t", "a"), text("u"))], 1);
  stream.read("c102800062").read("c1038080808000").read("c10481808080007a");
  stream.read("c7058000810062").read("c7068180808000828080800079790081006c");
  return stream.read("c7078000800081008000");
}

/** A producer whose frames append to several parts. */
function appendsUpward(): Stream {
  const json = { id: "j", kind: "json", value: { a: "" } } as const;
  const stream = up(126);
  stream.send(changes(added("m", text("t"), json), added("n", text("t"))));
  const tip = (offset: number, added: string): PartChanges[number] => ({
    type: "json_patch",
    part: "j",
    operations: [{ op: "splice", path: "/a", changed_offset: offset, removed: 0, text: added }],
  });
  const of = (id: string, ...parts: PartChanges): Change => ({ type: "message_patch", id, parts });
  stream.send(patch("m", tip(0, "x")));
  stream.send(changes(of("m", append("t", 0, "a"), tip(1, "y")), of("n", append("t", 0, "😀"))));
  return stream.send(patch("n", append("t", 2, "b")));
}

/** Nil in place of what may be left off, and elements that a reader does not expect. */
function leftOff(): Stream {
  const stream = down([open("m", text("t", "a"))], 1);
  stream.read("9300029408a16d94a16202c40001c0");
  stream.read("93000396070100c40109c0c0");
  stream.read("9300049a00a16e00a172c0c0c090c0c0");
  stream.read("9300059302a16e05");
  stream.read("93000692039301a22f6105");
  stream.read("9300079404c0c005");
  stream.read("9c0201a16507c2c0c090c09199a16d00a172c0c0c09196a16a010100c0c000c0c0c0");
  stream.read("97010707029390919600a16da16ac0c0c0c090c0");
  return stream.read("96040700020305");
}

/** Each in a context of its own, at version 1, in which part 0 is a text of one unit. */
const HEX_NAMES = Array.from({ length: 65 }, (_, i) => `a26e${(48 + i).toString(16)}`).join("");

const REFUSED: readonly [string, string][] = [
  ["an append by ordinal without one", "c102"],
  ["an ordinal that does not end", "c10280"],
  ["an ordinal that nothing has", "c1027f61"],
  ["an append that is not UTF-8", "c10200ff"],
  ["an ordinal of six bytes", "c102808080808000"],
  ["an ordinal of five bytes that nothing has", "c102ffffffff7f61"],
  ["an append at a cursor that is nowhere", "0261"],
  ["appends that end within a text", "c702000241"],
  ["appends that end within a number", "c70200014180"],
  ["appends of a length that does not end", "c702008180808080"],
  ["appends of a length of six bytes", "c70200818080808000"],
  ["appends of a length past what there is", "c70200ffffffff7f41"],
  ["an append of several without a length", "c70200"],
  ["an append of several to no part", "c702000141050142"],
  ["one of several appends is not UTF-8", "c7020001410001ff"],
  ["an array frame of an unknown code", "92ff02"],
  ["an unknown code, and nothing behind it", "9106"],
  ["a known code, and nothing behind it", "9100"],
  ["an array of nothing", "90"],
  ["a select without a number", "9103"],
  ["a select whose code has two bytes", "93cc0300a163"],
  ["a select of four elements", "940300a163c0"],
  ["a version that is not a number", "9200c3"],
  ["truncated", "93000291"],
  ["a tuple for an ordinal that nothing has", "930002930507"],
  ["a tuple of an unknown code", "930002921f00"],
  ["a part of an unknown kind", "9300029308a16d93a16209c0"],
  ["a name that has no number", "9300029306009300050a"],
  ["a beginning that has no number", "9300029306009300920aa12f05"],
  ["a rest of a name that is no text", "9300029306009300920005"],
  ["a number of a name past 127", "96010001029392cc80a2616290c090"],
  ["stated names without the number of the first", "96010001029391a2616290c090"],
  ["the number of a name, and no name", "960100010293910090c090"],
  ["a stated name twice", "9601000102939300a26162a2616290c090"],
  ["a stated name of one unit", "9601000102939200a16190c090"],
  ["65 stated names", `960100010293dc004200${HEX_NAMES}90c090`],
  ["an ordinal that is in use", "9300029308a16d94a16200a000"],
  ["an open part without an ordinal", "9300029308a16d93a16200a0"],
  ["nil as the ordinal of an open part", "9300029308a16d94a16200a0c0"],
  ["a part of a message that begins, without an ordinal", "9300029800a17800a172c0c0c09193a16200a0"],
  ["a message of seven elements in a snapshot", "9a0201a16502c2c0c090c09197a17800a172c0c0c090"],
  ["a message without its error in a snapshot", "9a0201a16502c2c0c090c09198a17800a172c0c0c09000"],
  ["the end of a message without an error or nil", "9300029301a16d02"],
  ["an origin that is left out", "930002920da16d"],
  ["a status that is left out", "930002920ba16d"],
  ["a splice without its text", "93000294050001a0"],
  ["bytes without a base or nil", "9300029308a16d94a1620292c4000001"],
  ["a catch-up whose context has no cursor", "96010102c092909090"],
  ["a catch-up whose context has a part without its length", "96010102c09390919300a16da174c090"],
  ["a catch-up without changes", "95010102c0939090c0"],
  ["a snapshot without messages", "990201a16502c2c0c090c0"],
  ["a stated cursor that no part has", "96010102c09390900590"],
  ["a stated tip without an offset", "96010102c09390919500a16da16ac0a22f61c090"],
  ["a splice of wrong types", "930002950500c001a0"],
  ["a checkpoint of a part that has no number", "9504010700cc84"],
  ["a leap over no version", "93050102"],
  ["a leap by no number", "9305c002"],
  ["a leap past all versions", "9305cf001fffffffffffff00"],
  ["a leap without a version", "920502"],
  ["an event that is interrupted", "9300029900a17800a172c0c0c09001"],
  ["an error of one element", "9300029a00a17800a172c0c0c0900391a178"],
  ["the end of a channel by an error of one element", "9300029304c091a178"],
];

const refused = ([name, hex]: readonly [string, string]) =>
  vector(`refused: ${name}`, "down", 0, down([open("m", text("t", "a"))], 1).read(hex));

export const msgpackStreams: readonly Vector[] = [
  vector("every tuple", "up", 0, everyTuple()),
  vector(
    "names, of which the oldest are forgotten past the bound on their count",
    "up",
    0,
    names(),
  ),
  vector(
    "names, of which the oldest are forgotten past the bound on their bytes",
    "up",
    0,
    longNames(),
  ),
  vector("paths that begin alike", "up", 0, paths()),
  vector("messages that are complete at birth", "down", 0, complete()),
  vector("the ends of a channel", "up", 0, closures()),
  vector("frames that go over versions", "down", 0, leaps()),
  vector("ordinals above 127, versions above 127", "down", 0, manyParts()),
  vector("a gap, what looks like the end of it, and the repair", "down", 0, gap()),
  vector("a snapshot in chunks", "down", 0, chunked()),
  vector("the cursor, and what takes it away", "down", 0, cursor()),
  vector("appends to several parts", "down", 0, appends()),
  vector("appends to several parts, upward", "up", 126, appendsUpward()),
  vector("numbers in more bytes than they need", "down", 0, longNumbers()),
  vector("what is left off is nil, and what is not expected is ignored", "down", 0, leftOff()),
  vector("strings that stream inside JSON", "down", 0, tips()),
  vector("ordinals of one to five bytes", "down", 0, largeOrdinals()),
  vector(
    "a producer's stream that begins behind 130 versions",
    "up",
    130,
    up(130)
      .send(changes(added("m", text("text", "x"))))
      .send(patch("m", append("text", 1, "y"))),
  ),
  vector("a producer comes back, and goes on by ordinal", "up", 7, resumed()),
  vector("a window, and changes to messages before it", "down", 0, windowed()),
  vector(
    "a slow consumer: composed frames, and a snapshot again in late chunks",
    "down",
    0,
    slow(),
  ),
  ...REFUSED.map(refused),
];
