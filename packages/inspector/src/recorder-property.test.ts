import { type Change, parseFrame } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyFrame, FRAME_TYPES } from "../../../spec/src/testing.js";
import { readRecording } from "./read-recording.js";
import { Recorder } from "./recorder.js";
import type { Row } from "./row.js";
import { message, opened } from "./testing/events.js";
import { contentOf, type Fate, Session } from "./testing/session.js";

// Whatever happens between a real client and a bad server: the recorder knows what the client showed
// after each row, and so does who reads the recording.

type Act = (session: Session) => void;

/** An act that a counterexample names. */
const named = (name: string, act: Act): Act =>
  Object.assign((session: Session) => act(session), { [fc.toStringMethod]: () => name });

const fate = fc.constantFrom<Fate>("sent", "sent", "sent", "sent", "sent", "lost", "twice", "held");

/** What happens to a state, by a number that chooses. */
const KINDS: readonly ((name: string, id: string | undefined, pick: number) => Change[])[] = [
  (name) => [{ type: "message_added", id: name, generation: 0, role: "a", parts: [] }],
  (name) => [added(name), { type: "channel_patch", attributes: [] }],
  (_, id, pick) => (id ? [text(id, pick)] : []),
  (_, id, pick) => (id ? [text(id, pick)] : []),
  (_, id) => (id ? [text(id, 0)] : []),
  (_, id) => (id ? [{ type: "message_removed", id }] : []),
  (name) => [
    { type: "channel_patch", attributes: [{ op: "add", path: "/title", value: name }] },
    added(name),
  ],
];

const added = (id: string): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "assistant",
  parts: [{ id: "text", kind: "text", text: "Hello" }],
});

/** An edit in the middle of the text, which has five units at least. */
const text = (id: string, pick: number): Change => ({
  type: "message_patch",
  id,
  parts: [
    {
      type: "text_splice",
      part: "text",
      splices: [{ changed_offset: pick % 5, removed: 0, text: "éü" }],
    },
  ],
});

const change = fc.tuple(fc.nat(60), fc.nat(60), fate).map(([kind, pick, fate]) =>
  named(`change ${kind % KINDS.length} ${fate}`, (session) => {
    session.change((state, name) => {
      const withText = state.messages.filter((message) => message.part("text"));
      const id = withText[pick % (withText.length || 1)]?.id;
      return KINDS[kind % KINDS.length]?.(name, id, pick) ?? [];
    }, fate);
  }),
);

const answer = fc.nat(60).map((how) => named(`answer ${how}`, (session) => session.answer(how)));

const acts = fc.oneof(
  { weight: 12, arbitrary: change },
  {
    weight: 5,
    arbitrary: answer,
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Act[]>(
      named("read", (session) => session.read()),
      named("settle", (session) => session.settle(40_000)),
      named("settle", (session) => session.settle(40_000)),
      named("earlier", (session) => session.earlier(2)),
      named("write", (session) => session.write("some words")),
      named("reload", (session) => session.reload()),
      named("check", (session) => session.checkpoint(true)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Act[]>(
      named("leave", (session) => session.leave()),
      named("mismatch", (session) => session.checkpoint(false)),
      named("garbage", (session) => session.garbage()),
      named("cut", (session) => session.cut()),
      named("lose", (session) => session.loseHistory()),
      named("many", (session) => {
        for (let i = 0; i < 150; i++) {
          session.change((_, name) => [added(name)].slice(i % 9 ? 1 : 0), "sent");
        }
      }),
    ),
  },
);

/** A row without what another recorder need not have as the same object. */
const comparable = (row: Row | undefined): unknown =>
  row && { ...row, event: row.event.type === "channel" ? undefined : row.event };

const options = { notify: (): void => undefined };

/** A recorder, and what the client showed after each of its rows. */
interface Watched {
  readonly recorder: Recorder;
  readonly shown: readonly string[];
  /** The client has taken the last row. */
  mark(): void;
}

function watch({ wire, channel }: Session, maxRows = 100_000): Watched {
  const shown: string[] = [];
  const mark = () => {
    const content = contentOf(channel.state);
    while (shown.length < recorder.end) shown.push(content);
  };
  const recorder = new Recorder(undefined, { ...options, maxRows });
  wire.tap((event) => {
    mark(); // before the client takes it
    recorder.take(event);
  });
  return { recorder, shown, mark };
}

function read(recorder: Recorder): Recorder {
  return new Recorder(readRecording([...recorder.lines()].join("")), options);
}

function expectShown({ recorder, shown }: Watched): void {
  for (let row = recorder.first; row < recorder.end; row++) {
    expect(contentOf(recorder.stateAt(row, "c", "read"))).toBe(shown[row]);
  }
}

/** Expects two states to be the same, but for earlier messages that one of them has loaded. */
function expectSameEnd(one: string, other: string): void {
  if (one === other) return;
  const [mine, theirs] = [JSON.parse(one), JSON.parse(other)];
  const count = Math.min(mine.messages.length, theirs.messages.length);
  const endOf = ({ messages, earlier: _, ...rest }: typeof mine) => ({
    ...rest,
    messages: messages.slice(messages.length - count),
  });
  expect(endOf(mine)).toEqual(endOf(theirs));
}

/**
 * What began while the reader was live may not know the state, and tells no other one; but for its
 * guess, up to the reader's next question, that an answer to a question from before is one to its
 * latest. It cannot know of a page of earlier messages with which the reader was waiting.
 *
 * @param first the first row of which `shown` is told; those before it are of what was there
 */
function expectNothingElse(late: Recorder, shown: readonly string[], first = 0): void {
  const offset = shown.length - late.end;
  let isGuess = false;
  for (let row = Math.max(0, -offset); row < late.end; row++) {
    const { kind, reason } = late.row(row) as Row; // it has that many
    if (kind === "subscribe") isGuess = false;
    if (kind === "subscribed" && reason === "unknown") isGuess = true;
    const content = contentOf(late.stateAt(row, "c", "read"));
    if (isGuess || content === "none") continue;
    expectSameEnd(content, shown[Math.max(row + offset, first - 1)] ?? "none");
  }
}

test("knows what the client showed after each row, and so does who reads the recording", () => {
  const run = fc.property(
    fc.array(acts, { minLength: 20, maxLength: 120 }),
    fc.nat(60),
    (list, begin) => {
      const session = new Session();
      const whole = watch(session);
      const short = watch(session, 20);
      let late: Watched | undefined;
      session.read();
      session.settle(0);
      session.answer(0);
      list.forEach((act, i) => {
        if (i >= begin && session.channel.status.is === "live") late ??= watch(session);
        act(session);
        session.platform.advance(0);
      });
      session.settle(0);
      for (const watched of [whole, short, late]) watched?.mark();

      const { recorder } = whole;
      const { first, end } = short.recorder;
      const again = read(recorder);
      expect(again.end).toBe(recorder.end);
      expectShown(whole);
      expectShown(short);
      expectShown({ ...whole, recorder: again });
      for (let row = 0; row < recorder.end; row++) {
        expect(comparable(again.row(row))).toEqual(comparable(recorder.row(row)));
        if (row >= first) expect(short.recorder.row(row)).toEqual(recorder.row(row));
      }
      expect(end - first).toBeLessThanOrEqual(20);
      expect(short.recorder.gone.rows).toBe(first);
      expect(short.recorder.totals("c")).toEqual(recorder.totals("c"));
      expect(again.totals()).toEqual(recorder.totals());
      for (const known of [short.recorder, again]) {
        const content = contentOf(known.stateAt(end - 1, "c", "written"));
        expect(content).toBe(contentOf(recorder.stateAt(end - 1, "c", "written")));
      }
      const middle = read(short.recorder);
      const base = short.recorder.stateAt(first - 1, "c", "read");
      if (middle.row(0)?.kind === "state") {
        expect(contentOf(middle.stateAt(0))).toBe(contentOf(base));
      }
      if (late) expectNothingElse(late.recorder, late.shown);
      expectNothingElse(middle, whole.shown, first);
    },
  );
  fc.assert(run, { numRuns: 50 });
});

const anyEvent = fc
  .tuple(fc.constantFrom(...FRAME_TYPES).chain(anyFrame), fc.boolean(), fc.nat(3))
  .map(([value, isSent, pick]) => {
    // Of few channels, versions and requests, so that some fit.
    const few = { channel: "c", request: pick, seq: pick, from: pick, to: pick + 1 };
    const fitting = Object.entries(few).filter(([name]) => name in value);
    const frame = parseFrame({ ...value, ...Object.fromEntries(fitting) }, "bin");
    return message(pick, isSent ? "sent" : "received", frame);
  });

test("takes any frames in any order, and what it writes can be read", () => {
  const run = fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
    const recorder = new Recorder(undefined, { ...options, maxRows: 40 });
    for (const event of [opened(0), ...events]) recorder.take(event);
    for (const known of [recorder, read(recorder)]) {
      for (let row = known.first; row < known.end; row++) {
        for (const side of ["read", "written"] as const) {
          const { before, after } = known.stepAt(row, "c", side);
          expect(contentOf(after)).toBe(contentOf(known.stateAt(row, "c", side)));
          if (row > known.first) {
            expect(contentOf(before)).toBe(contentOf(known.stateAt(row - 1, "c", side)));
          }
        }
      }
    }
  });
  fc.assert(run, { numRuns: 100 });
});
